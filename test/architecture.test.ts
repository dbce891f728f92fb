import { describe, expect, it } from "vitest";

const read = import.meta.glob(["../{src,dev}/**/*.{ts,tsx}", "./**/*.{ts,tsx}"], {
  query: "?raw",
  import: "default",
  eager: true,
}) as Record<string, string>;

/** Every source by its path in the repository. */
const files = new Map(
  Object.entries(read).map(([path, text]) => [path.replace(/^\.\.\//, "").replace(/^\.\//, "test/"), text]),
);
const sources = [...files].flatMap(([path, text]) =>
  path.startsWith("src/") ? [{ path: path.slice("src/".length), text }] : [],
);

/** From the entry down; a file may import from its own folder and from any floor below. */
const FLOORS = [
  // What the Worker is bound to names its classes and messages.
  ["worker.ts", "env.d.ts"],
  ["app.ts", "job-table.ts"],
  ["settings", "withdrawals"],
  ["erasure"],
  ["fine-tunes"],
  ["helpdesks", "corrections", "exports"],
  ["failures", "improvements", "prompts"],
  ["judge", "learning"],
  ["clusters"],
  ["experiments", "router"],
  ["jobs", "access"],
  ["http"],
  ["services.ts"],
  ["ui", "llm"],
  ["guards"],
  ["db", "config.ts", "limits.ts"],
  ["lib"],
];

/** Where clock, ids and chance come from, and what has no services: the runtime calls it, or it measures a call. */
const ADAPTERS = [
  "services.ts",
  "app.ts",
  "clusters/context/cluster-context.ts",
  "fine-tunes/provider.ts",
  "llm/deadlines.ts",
  "llm/classify-error.ts",
  "llm/pace/pace-object.ts",
];

/** What breaks a rule for now. One that no longer breaks it has to go from here. */
const EXCEPTIONS: string[] = [];

interface Import {
  from: string;
  to: string;
}

const show = ({ from, to }: Import) => `${from} → ${to}`;

/** `from "…"`, `import "…"`, `import("…")` of values and of types, `export … from "…"`. */
const IMPORT = /\b(?:from|import)\b\s*\(?\s*["'`]([^"'`]+)["'`]/g;

const named = sources.flatMap(({ path, text }) =>
  [...text.matchAll(IMPORT)].map(([, name = ""]) => ({ from: path, to: name })),
);
const known = new Set(sources.map(({ path }) => path));
const imports: Import[] = named
  .filter(({ to }) => to.startsWith("."))
  .map(({ from, to }) => ({ from, to: new URL(to, `file:///${from}`).pathname.slice(1) }))
  .filter(({ to }) => known.has(to));

const place = (path: string) => path.split("/")[0] ?? "";
const floorOf = (path: string) => FLOORS.findIndex((floor) => floor.includes(place(path)));
const folderOf = (path: string) => path.split("/").slice(0, -1).join("/") || path;
const folderImports = imports
  .map(({ from, to }) => ({ from: folderOf(from), to: folderOf(to) }))
  .filter(({ from, to }) => from !== to);

/** What lies on a circle, or between two: where nothing goes in or nothing goes out is no circle. */
function circlesOf(edges: Import[]): string[] {
  let left = edges;
  for (let before = -1; before !== left.length; ) {
    before = left.length;
    const [into, outOf] = [new Set(left.map(({ to }) => to)), new Set(left.map(({ from }) => from))];
    left = left.filter(({ from, to }) => into.has(from) && outOf.has(to));
  }
  return [...new Set(left.map(show))].toSorted();
}

const OWN = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandomUUID\b|import \{[^}]*\bnewId\b[^}]*\} from/;
const LINES = 300;

const found = {
  upwards: imports.filter(({ from, to }) => place(from) !== place(to) && floorOf(from) >= floorOf(to)).map(show),
  fileCircles: circlesOf(imports),
  folderCircles: circlesOf(folderImports),
  tooLong: [...files]
    .filter(([, text]) => text.trimEnd().split("\n").length > LINES && !/^(\/\/|\/\*\*).*\blong because\b/.test(text))
    .map(([path]) => `${path} is too long`),
  loud: sources
    .filter(({ path, text }) => path !== "lib/log.ts" && /\bconsole\s*[.[]/.test(text))
    .map(({ path }) => `${path} writes to the console`),
  own: sources
    .filter(({ path, text }) => OWN.test(text) && place(path) !== "lib" && !ADAPTERS.includes(path))
    .map(({ path }) => `${path} has a clock, ids or chance of its own`),
};

const isRule = (one: string) => !EXCEPTIONS.includes(one);

describe("the floors", () => {
  it("know every folder", () => {
    expect(sources.filter(({ path }) => floorOf(path) === -1).map(({ path }) => path)).toEqual([]);
  });

  it("are crossed downwards only", () => {
    expect(imports.length).toBeGreaterThan(500);
    expect(found.upwards.filter(isRule)).toEqual([]);
  });

  it("have no circle of files", () => {
    expect(circlesOf(imports.filter((edge) => isRule(show(edge))))).toEqual([]);
  });

  it("have no circle of folders", () => {
    expect(circlesOf(folderImports.filter((edge) => isRule(show(edge))))).toEqual([]);
  });

  it("let two files alone speak to OpenAI's SDK, and adapters alone know Hono", () => {
    const users = (name: RegExp) => [...new Set(named.filter(({ to }) => name.test(to)).map(({ from }) => from))];
    expect(users(/^openai(\/|$)/).toSorted()).toEqual(["llm/chat-client.ts", "llm/openai.ts"]);
    const hono = users(/^hono(\/|$)/);
    expect(hono).toContain("app.ts");
    for (const path of hono)
      expect(path).toMatch(
        /^(http|ui)\/|^app\.ts$|^access\/(gate|cookie|activity\/log-activity)\.ts$|(pages|routes|-page|-parts)\.tsx?$/,
      );
  });
});

describe("every file", () => {
  it(`of more than ${LINES} lines says in its first comment why`, () => {
    expect(files.size).toBeGreaterThan(300);
    expect(found.tooLong.filter(isRule)).toEqual([]);
  });

  it("writes by the log, which alone knows the console", () => expect(found.loud.filter(isRule)).toEqual([]));

  it("gets clock, ids and chance from the services", () => expect(found.own.filter(isRule)).toEqual([]));

  it("is an exception only as long as it has to be", () => {
    const breaking = new Set(Object.values(found).flat());
    expect(EXCEPTIONS.filter((one) => !breaking.has(one))).toEqual([]);
  });
});
