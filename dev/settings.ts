/** `npm run settings`: every setting, as `src/config.ts` has it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listSettings } from "../src/config.ts";
import { readArguments, runScript } from "./lib/arguments.ts";
import { ROOT } from "./lib/processes.ts";
import { settingsTable } from "./lib/settings-table.ts";

const README = join(ROOT, "README.md");

const USAGE = `npm run settings -- [--write]

Prints every setting with its default and its meaning.

  --write  put the table into the README, which a test holds to the settings`;

/** From its head to the empty line that ends it. */
const TABLE = /\| setting \|[\s\S]*?(?=\n\n)/;

await runScript(async () => {
  const { values } = readArguments(process.argv.slice(2), USAGE, { write: { type: "boolean", default: false } });
  const table = settingsTable(listSettings());
  if (!values.write) return console.log(table);
  writeFileSync(
    README,
    readFileSync(README, "utf8").replace(TABLE, () => table),
  );
});
