/**
 * Runs the Worker on this machine as `wrangler dev` does, but without its inspector: workerd lets every page that a
 * browser here has open run code in the Worker through it. `wrangler dev` has no option for that, its API has.
 *
 * What to run comes in on stdin, for it holds keys, and everyone on the machine can read a process's arguments.
 */
import { text } from "node:stream/consumers";
import { unstable_DevEnv } from "wrangler";
import type { Serving } from "./wrangler.ts";

const { port, ip, persistTo, config, env, inspectorPort, settings }: Serving = JSON.parse(await text(process.stdin));

// Before those of .dev.vars, and hidden where wrangler lists them.
const bindings = Object.entries(settings).map(([name, value]) => [name, { type: "secret_text" as const, value }]);
const devEnv = new unstable_DevEnv();
// What it cannot go on after: a port in use, say. Faults in the source it shows, and waits for the next change.
devEnv.on("error", (error: { message?: string; reason?: string }) => {
  // Not the whole event, which holds the settings.
  console.error(error.message ?? error.reason);
  process.exit(1);
});
await devEnv.startWorker({
  config,
  env,
  bindings: Object.fromEntries(bindings),
  dev: {
    server: { hostname: ip, port },
    inspector: inspectorPort === undefined ? false : { port: inspectorPort },
    persist: persistTo,
  },
});
