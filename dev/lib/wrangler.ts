import { rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run, type Started, start } from "./processes.ts";
import { asArguments } from "./settings.ts";

const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** What wrangler would fetch or ask for, and must not need: it runs with no network and no terminal. */
function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_HIDE_BANNER: "true",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]) delete env[name];
  return env;
}

/** Brings the local database up to date. @param where arguments that say which, such as `--persist-to` */
export function applyMigrations(where: string[] = []): Promise<void> {
  return run(process.execPath, [WRANGLER, "d1", "migrations", "apply", "DB", "--local", ...where], {
    env: environment(),
  });
}

/**
 * Makes everything that waits for a message, or is held by a worker, due at once. Local queues live in memory: when the
 * Worker starts, their messages and consumers are gone. On Cloudflare both survive, and the sweep waits for leases.
 */
export function forgetQueues(where: string[] = []): Promise<void> {
  const sql = "update failed_replies set due_at = 1, sent = 0 where due_at is not null; update jobs set due_at = 1;";
  return run(process.execPath, [WRANGLER, "d1", "execute", "DB", "--local", ...where, "--command", sql], {
    env: environment(),
  });
}

/** Starts `wrangler dev` on a port with an empty database, kept in `state`, and these settings; its output is kept. */
export async function startFresh(port: number, state: string, settings: Record<string, string | undefined>) {
  rmSync(join(ROOT, state), { recursive: true, force: true });
  const where = ["--persist-to", state];
  await applyMigrations(where);
  return startWorker(port, [...where, ...asArguments(settings)], { quiet: true });
}

/** Starts `wrangler dev` on a port. */
export function startWorker(port: number, args: string[] = [], { quiet = false } = {}): Started {
  const all = ["dev", "--port", String(port), "--inspector-port", "0", "--show-interactive-dev-session=false", ...args];
  return start(process.execPath, [WRANGLER, ...all], { env: environment(), quiet });
}
