/**
 * `npm run dev`: the Worker on this machine, its database up to date, its cron fired every minute. Ends everything it
 * started when it ends.
 */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { inputFile, readArguments, runScript, wholeNumber } from "./lib/arguments.ts";
import { fireCron, keepCron, waitUntilUp } from "./lib/client.ts";
import { givenSettings, type Settings } from "./lib/given-settings.ts";
import { FIRST_PORT, freePort, onSignal } from "./lib/processes.ts";
import { ensureAdminKey } from "./lib/settings.ts";
import { applyMigrations, forgetQueues, type Serving, startWorker } from "./lib/wrangler.ts";

const USAGE = `npm run dev -- [options]

Runs the Worker on this machine, on the first free port from ${FIRST_PORT}, and keeps its data between runs.

  --port N            another port
  --ip ADDRESS        where it listens (default: localhost, which only this machine reaches)
  --var NAME:VALUE    a setting, before those of .dev.vars; others on this machine can see what you type, so not for keys
  --env-file FILE     settings from this file, before those of .dev.vars
  --persist-to DIR    where the data is kept (default: .wrangler/state)
  --config FILE       another configuration than wrangler.toml
  --env NAME          an environment of the configuration
  --inspector-port N  lets a debugger in; while it does, any page in your browser can run code in the Worker

For everything else there is \`npx wrangler dev\`.`;

await runScript(async () => {
  const { values } = readArguments(process.argv.slice(2), USAGE, {
    port: { type: "string" },
    ip: { type: "string" },
    var: { type: "string", multiple: true, default: [] },
    "env-file": { type: "string", multiple: true, default: [] },
    "persist-to": { type: "string" },
    config: { type: "string" },
    env: { type: "string" },
    "inspector-port": { type: "string" },
  });
  const { port, ip, config, env, "persist-to": persistTo, "inspector-port": inspectorPort } = values;
  const files = values["env-file"].map((file) => parseEnv(readFileSync(inputFile(file, USAGE), "utf8")));
  await dev(
    {
      port: port === undefined ? await freePort(FIRST_PORT) : wholeNumber(port, "--port"),
      ...{ ip, config, env, persistTo },
      inspectorPort: inspectorPort === undefined ? undefined : wholeNumber(inspectorPort, "--inspector-port"),
    },
    Object.assign({}, ...files, givenSettings(values.var)),
  );
});

async function dev(place: Omit<Serving, "settings">, settings: Settings): Promise<void> {
  const given = settings.ADMIN_KEY;
  const admin = given ? { key: given, made: false } : ensureAdminKey();
  const where = [
    ["--persist-to", place.persistTo],
    ["--config", place.config],
    ["--env", place.env],
  ].flatMap(([name = "", value]) => (value === undefined ? [] : [name, value]));
  await applyMigrations(where);
  await forgetQueues(where);
  const worker = startWorker({ ...place, settings });
  onSignal(() => worker.stop());

  const url = `http://localhost:${place.port}`;
  try {
    await waitUntilUp(url, worker.ended);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    await worker.stop();
    process.exit(1);
  }
  console.log(`\nRedraft runs at ${url}`);
  console.log(
    admin.made
      ? `Sign in with this key, just created and kept in .dev.vars: ${admin.key}`
      : `Sign in with the ADMIN_KEY ${given ? "you gave" : "in .dev.vars"}`,
  );
  console.log("The cron is fired every minute, whatever wrangler says about it.");
  console.log(`The same key opens the API: curl -H "Authorization: Bearer $ADMIN_KEY" ${url}/v1/failures\n`);
  void fireCron(url);
  keepCron(url);
  process.exit((await worker.ended) ?? 1);
}
