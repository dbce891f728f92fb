/**
 * `npm run dev -- [arguments of wrangler dev]`: the Worker on this machine, its database up to date, its cron fired
 * every minute. Ends everything it started when it ends.
 */
import { fireCron, waitUntilUp } from "./lib/client.ts";
import { freePort, onSignal } from "./lib/processes.ts";
import { ensureAdminKey, optionValues } from "./lib/settings.ts";
import { applyMigrations, forgetQueues, startWorker } from "./lib/wrangler.ts";

const FIRST_PORT = 8787;
const CRON_MS = 60_000;

const args = process.argv.slice(2);
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
      ? `Sign in with this key, made just now and kept in .dev.vars: ${admin.key}`
      : `Sign in with the ADMIN_KEY ${given === undefined ? "in .dev.vars" : "you gave"}`,
  );
  console.log("Its cron fires every minute, whatever wrangler says of it.");
  console.log(`The API takes it too: curl -H "Authorization: Bearer $ADMIN_KEY" ${url}/v1/failures\n`);
  void fireCron(url);
  setInterval(() => void fireCron(url), CRON_MS).unref();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  await worker.stop();
  process.exit(1);
}
process.exit((await worker.ended) ?? 1);

function withoutPort(all: string[]): string[] {
  return all.filter((arg, i) => arg !== "--port" && all[i - 1] !== "--port" && !arg.startsWith("--port="));
}
