/** `npm run bench -- NAME [arguments]`: runs the benchmark `dev/bench/NAME.ts`, which exports `benchName(args)`. */
import { readdirSync } from "node:fs";
import { Misuse, runScript } from "../lib/arguments.ts";

const [name = "--help", ...args] = process.argv.slice(2);
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.slice(0, -".ts".length))
  .sort();

const USAGE = `npm run bench -- NAME [arguments]

NAME --help says what a benchmark measures and takes. There are:
  ${names.join("\n  ")}`;

await runScript(async () => {
  if (name === "--help" || name === "-h") return console.log(USAGE);
  if (!names.includes(name)) throw new Misuse(`There is no benchmark "${name}".\n\n${USAGE}`);
  const exported = `bench${name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
  const loaded: Record<string, unknown> = await import(`./${name}.ts`);
  const bench = loaded[exported];
  if (typeof bench !== "function") throw new Error(`dev/bench/${name}.ts does not export ${exported}`);
  await bench(args);
});
