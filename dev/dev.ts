/**
 * `npm run dev`: the Worker on this machine, its database up to date, its cron fired every minute. Ends everything it
 * started when it ends.
 */
import { fireCron, keepCron, waitUntilUp } from "./lib/client.ts";
import { FIRST_PORT, freePort, onSignal } from "./lib/processes.ts";
import { ensureAdminKey, optionValues } from "./lib/settings.ts";
import { applyMigrations, forgetQueues, startWorker } from "./lib/wrangler.ts";

const USAGE = `npm run dev -- [arguments of wrangler dev]

Runs the Worker on this machine, on the first free port from ${FIRST_PORT}, and keeps its data between runs.

  --port N            another port
  --var NAME:VALUE    a setting; .dev.vars can hold them too
  --persist-to DIR    where the data is kept (default: .wrangler/state)`;

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  console.log(USAGE);
  process.exit();
}
const port = Number(optionValues(args, "--port").at(-1) ?? (await freePort(FIRST_PORT)));
const where = ["--persist-to", "--config", "--env"].flatMap((name) =>
  optionValues(args, name).flatMap((value) => [name, value]),
);
const given = optionValues(args, "--var").find((value) => value.startsWith("ADMIN_KEY:"));
const admin = given === undefined ? ensureAdminKey() : { key: given.slice("ADMIN_KEY:".length), made: false };

await applyMigrations(where);
await forgetQueues(where);
const worker = startWorker(port, withoutPort(args));
onSignal(() => worker.stop());

const url = `http://localhost:${port}`;
try {
  await waitUntilUp(url, worker.ended);
  console.log(`\nRedraft runs at ${url}`);
  console.log(
    admin.made
      ? `Sign in with this key, just created and kept in .dev.vars: ${admin.key}`
      : `Sign in with the ADMIN_KEY ${given === undefined ? "in .dev.vars" : "you gave"}`,
  );
  console.log("The cron is fired every minute, whatever wrangler says about it.");
  console.log(`The same key opens the API: curl -H "Authorization: Bearer $ADMIN_KEY" ${url}/v1/failures\n`);
  void fireCron(url);
  keepCron(url);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  await worker.stop();
  process.exit(1);
}
process.exit((await worker.ended) ?? 1);

function withoutPort(all: string[]): string[] {
  return all.filter((arg, i) => arg !== "--port" && all[i - 1] !== "--port" && !arg.startsWith("--port="));
}
