import { describe, expect, it } from "vitest";

const sources = import.meta.glob("../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true }) as Record<
  string,
  string
>;

/** From the entry down; a file may import from its own folder and from any floor below. */
const FLOORS = [
  ["worker.ts"],
  ["app.ts", "jobs-table.ts", "sweep.ts"],
  ["erasure"],
  ["fine-tunes"],
  ["corrections", "exports"],
  ["failures", "improvements", "prompts"],
  ["judge"],
  ["clusters"],
  ["experiments", "router"],
  ["jobs"],
  ["http", "ui"],
  ["services.ts"],
  ["llm", "guards"],
  ["db", "config.ts"],
  ["lib"],
];

/** `ui` knows what the app carries, `http` frames its own pages. */
const NEIGHBOURS = [["http", "ui"]];

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
        const neighbours = NEIGHBOURS.some((pair) => pair.includes(from) && pair.includes(to));
        if (from !== to && !neighbours && !(floorOf(to) > floorOf(from))) wrong.push(`${path} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("let one file alone speak to OpenAI's SDK, and no verb read the environment", () => {
    const sdk = Object.keys(sources).filter((path) => /from "openai/.test(sources[path] ?? ""));
    expect(sdk.map((path) => path.replace("../src/", ""))).toEqual(["llm/openai.ts"]);
    const hono = Object.keys(sources).filter((path) => /from "hono/.test(sources[path] ?? ""));
    for (const path of hono) expect(path).toMatch(/\/(http|ui)\/|app\.ts|(pages|routes|-page)\.tsx?$/);
  });
});
