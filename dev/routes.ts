/** `npm run routes`: which key opens which route, from the routes' own definitions. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { readArguments, runScript } from "./lib/arguments.ts";
import { inTemporaryFolder } from "./lib/on-workerd.ts";
import { ROOT } from "./lib/processes.ts";
import { routeTable } from "./lib/route-table.ts";

const PAGE = join(ROOT, "docs/routes.md");

const USAGE = `npm run routes -- [--write]

Prints every route with the scopes that open it.

  --write  put the table into docs/routes.md, which a test holds to the routes`;

/** Pages are written in JSX, which Node does not read. */
const ENTRY = `import { createApp } from "./src/app.ts";
import { accessOfEach } from "./src/http/needs.ts";
export const routes = accessOfEach(createApp().routes);`;

await runScript(async () => {
  const { values } = readArguments(process.argv.slice(2), USAGE, { write: { type: "boolean", default: false } });
  const table = await inTemporaryFolder("routes", async (dir) => {
    const outfile = join(dir, "routes.mjs");
    const stdin = { contents: ENTRY, resolveDir: ROOT, loader: "ts" as const };
    await build({ stdin, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
    const { routes } = (await import(outfile)) as { routes: Parameters<typeof routeTable>[0] };
    return routeTable(routes);
  });
  if (!values.write) return console.log(table);
  const page = readFileSync(PAGE, "utf8");
  writeFileSync(PAGE, `${page.slice(0, page.indexOf("| route |"))}${table}\n`);
});
