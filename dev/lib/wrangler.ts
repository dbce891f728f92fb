import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "./given-settings.ts";
import { ROOT, run, type Started, start } from "./processes.ts";

const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const SERVE = join(ROOT, "dev/lib/serve.ts");

/**
 * What wrangler would fetch or ask for, and must not need: it runs with no network and no terminal. And what it would
 * keep or open beside the Worker: its explorer lets every page of this machine's other servers read and change the
 * database; its traces and logs keep addresses, searched words among them.
 */
function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    X_LOCAL_EXPLORER: "false",
    X_LOCAL_OBSERVABILITY: "false",
    WRANGLER_WRITE_LOGS: "false",
    // Where other sessions of wrangler find this one; for them workerd opens one more port.
    WRANGLER_REGISTRY_PATH: "",
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

/** What is served, where, and from which data. */
export interface Serving {
  port: number;
  /** The address it listens at: only this machine reaches `localhost`. */
  ip?: string;
  /** Where the data is kept. */
  persistTo?: string;
  config?: string;
  /** An environment of the configuration. */
  env?: string;
  /** Opens the inspector, for a debugger. */
  inspectorPort?: number;
  settings: Settings;
}

/** Serves the Worker on a port with an empty database, kept in `state`, and these settings; its output is kept. */
export async function startFresh(port: number, state: string, settings: Settings): Promise<Started> {
  rmSync(join(ROOT, state), { recursive: true, force: true });
  await applyMigrations(["--persist-to", state]);
  return startWorker({ port, persistTo: state, settings }, { quiet: true });
}

/** Serves the Worker on a port. Settings without a value are left out. */
export function startWorker({ settings, ...serving }: Serving, { quiet = false } = {}): Started {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value));
  const input = JSON.stringify({ ip: "localhost", config: "wrangler.toml", ...serving, settings: given });
  return start(process.execPath, [SERVE], { env: environment(), quiet, input });
}
