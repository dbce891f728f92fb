/** The built bundle straight on workerd, for benchmarks: `wrangler dev` puts proxies in between, which cost more than most routes. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions, type WorkerdStructuredLog } from "miniflare";

export const KEY = "bench-key-bench-key-bench-key-bench-key";
/** The name of the Worker that owns the Durable Object, for others that share it. */
export const OWNER = "redraft";

/** A folder that goes when the work is done, however it ends. */
export async function inTemporaryFolder<T>(name: string, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), `redraft-${name}-`));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Builds what would be deployed: `worker.js` in this folder. */
export function buildBundle(dir: string): void {
  execFileSync("wrangler", ["deploy", "--dry-run", "--outdir", dir], { stdio: "ignore" });
}

/** What every Worker of a benchmark has: its place, its port, and the day whose rules it runs by. */
export function scriptOn(port: number, name: string, rootPath: string, scriptPath: string) {
  return {
    ...{ name, rootPath, scriptPath, modules: true as const },
    ...{ compatibilityDate: "2026-11-01", compatibilityFlags: ["nodejs_compat"] },
    unsafeDirectSockets: [{ host: "127.0.0.1", port }],
  };
}

/**
 * The database, the bucket and the queues, with these settings. No limits (`src/limits.ts`): one caller here sends what
 * many do, and what counts on one machine costs more than what counts at Cloudflare.
 */
export function stores(settings: Record<string, string>) {
  return {
    bindings: { ADMIN_KEY: KEY, ...settings },
    d1Databases: { DB: "DB" },
    r2Buckets: { EXPORTS: "redraft-exports" },
    queueProducers: { CORRECTIONS: { queueName: "redraft-corrections" }, JOBS: { queueName: "redraft-jobs" } },
  };
}

/** The Durable Object, and the queue that trains and exports: what only the Worker itself has. */
export const OWN = {
  queueConsumers: { "redraft-jobs": { maxBatchSize: 1, maxBatchTimeout: 0 } },
  durableObjects: { CLUSTERS: { className: "ClusterContext", useSQLite: true } },
};

/**
 * Does something while these Workers run in one workerd, on the state that `applyMigrations` made in `dir`.
 * @param work gets the process id of that workerd, which only Linux knows
 * @param onLog gets what the Workers log, which is dropped otherwise
 */
export async function onWorkerd<T>(
  workers: V4WorkerOptions[],
  dir: string,
  work: (pid: string | undefined) => Promise<T>,
  onLog?: (log: WorkerdStructuredLog) => void,
): Promise<T> {
  const before = new Set(children());
  const server = new Miniflare(
    convertV4MiniflareOptions({
      ...{ workers, resourcePersistencePath: join(dir, "v3") },
      ...(onLog !== undefined && { handleStructuredLogs: onLog }),
    }),
  );
  try {
    await server.ready;
    return await work(children().find((pid) => !before.has(pid) && isWorkerd(pid)));
  } finally {
    await server.dispose();
  }
}

/** Processes that this one has started. */
function children(): string[] {
  const list = `/proc/${process.pid}/task/${process.pid}/children`;
  return existsSync(list) ? readFileSync(list, "utf8").trim().split(" ").filter(Boolean) : [];
}

const isWorkerd = (pid: string) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd");

/** The memory of a process, in KB: what it holds now, or the most that it ever held. Not a number where there is no /proc. */
export function memoryOf(pid: string | undefined, when: "now" | "ever"): number {
  if (pid === undefined) return Number.NaN;
  const line = when === "now" ? /^VmRSS:\s+(\d+) kB/m : /^VmHWM:\s+(\d+) kB/m;
  return Number(line.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** Linux counts CPU time in hundredths of a second, on every platform that Node runs on. */
const TICK_MS = 10;

/** The CPU time that a process has used, in milliseconds, all threads together; not a number where there is no /proc. */
export function cpuOf(pid: string | undefined): number {
  if (pid === undefined) return Number.NaN;
  // After the name in brackets, which may hold spaces: state, ten numbers, then the time in user and in kernel mode.
  const [, rest = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user, kernel] = rest.split(" ").slice(11, 13).map(Number);
  return ((user ?? Number.NaN) + (kernel ?? Number.NaN)) * TICK_MS;
}
