/** `npm run bench -- NAME [arguments]`: runs the benchmark `dev/bench/NAME.ts`, which exports `benchName(args)`. */
import { readdirSync } from "node:fs";

const [name = "", ...args] = process.argv.slice(2);
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts")
  .map((file) => file.slice(0, -".ts".length))
  .sort();

if (!names.includes(name)) {
  console.log(`Usage: npm run bench -- NAME [arguments]\n\nBenchmarks: ${names.join(", ") || "none yet"}`);
  process.exit(name === "" ? 0 : 1);
}
const exported = `bench${name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
const loaded: Record<string, unknown> = await import(`./${name}.ts`);
const bench = loaded[exported];
if (typeof bench !== "function") throw new Error(`dev/bench/${name}.ts does not export ${exported}`);
await bench(args);
