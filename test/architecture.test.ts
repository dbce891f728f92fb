import { describe, expect, it } from "vitest";

const sources = import.meta.glob("../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true }) as Record<
  string,
  string
>;

/** From the entry down; a file may import from its own folder, its own floor's folders not, and any floor below. */
const FLOORS = [
  ["worker.ts"],
  ["app.ts", "jobs.ts", "sweep.ts"],
  ["exports"],
  ["corrections"],
  ["failures", "improvements", "prompts"],
  ["clusters", "guards"],
  ["services.ts"],
  ["llm", "http", "db", "ui", "lib", "config.ts"],
];

/** The bottom floor serves itself, and `http` and `ui` know what the app carries. */
const GROUND = FLOORS.length - 2;

const place = (path: string) => path.replace("../src/", "").split("/")[0] ?? "";
const floorOf = (name: string) => FLOORS.findIndex((floor) => floor.includes(name));

describe("the floors", () => {
  it("know every folder", () => {
    const unknown = Object.keys(sources).filter((path) => floorOf(place(path)) === -1 && !path.endsWith(".d.ts"));
    expect(unknown).toEqual([]);
  });

  it("are crossed downwards only", () => {
    const wrong: string[] = [];
    for (const [path, text] of Object.entries(sources)) {
      if (path.endsWith(".d.ts")) continue;
      for (const [, target] of text.matchAll(/from "(\.[^"]+)"/g)) {
        const from = place(path);
        const to = place(
          new URL(target ?? "", `file:///${path.replace("../", "")}`).pathname.replace("/src/", "../src/"),
        );
        const [above, below] = [floorOf(from), floorOf(to)];
        if (from !== to && !(below > above) && !(above >= GROUND && below >= GROUND))
          wrong.push(`${path} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("let one file alone speak to OpenAI's SDK, and no verb read the environment", () => {
    const sdk = Object.keys(sources).filter((path) => /from "openai/.test(sources[path] ?? ""));
    expect(sdk.map((path) => path.replace("../src/", "")).toSorted()).toEqual([
      "llm/classify-error.ts",
      "llm/openai.ts",
    ]);
    const hono = Object.keys(sources).filter((path) => /from "hono/.test(sources[path] ?? ""));
    for (const path of hono) expect(path).toMatch(/\/(http|ui)\/|app\.ts|(pages|routes|-page)\.tsx?$/);
  });
});
