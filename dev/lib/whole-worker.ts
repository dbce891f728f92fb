import { join } from "node:path";
import { startStandIn } from "../stand-in/server.ts";
import { findDatabase } from "./local-database.ts";
import { buildBundle, inTemporaryFolder, OWN, OWNER, onWorkerd, scriptOn, stores } from "./on-workerd.ts";
import { standInSettings } from "./settings.ts";
import { applyMigrations } from "./wrangler.ts";

/** Signs the webhooks of the fine-tuning service, which move a job on without waiting half a minute for each look. */
export const WEBHOOK_SECRET = "whsec_ZnV6ei1mdXp6LWZ1enotZnV6ei1mdXp6LWZ1enotZnV6eg==";

export interface Running {
  port: number;
  url: string;
  /** The file of its database. */
  database: string;
  /** The process id of its workerd, which only Linux knows. */
  pid: string | undefined;
  /** Errors that the Worker logged, oldest first. */
  errors: LoggedError[];
}

export interface LoggedError {
  event: string;
  error: string;
  request_id?: string;
}

/** Does something while a Worker of its own runs on workerd, with the stand-in as its model; the cron is never fired. */
export function withWorker<T>(port: number, work: (running: Running) => Promise<T>): Promise<T> {
  return inTemporaryFolder("worker", async (dir) => {
    buildBundle(dir);
    await applyMigrations(["--persist-to", join(dir, "state")]);
    return onState(port, dir, work);
  });
}

/** The same on what is in a folder: the bundle, and below `state` what an earlier one left, however it ended. */
export async function onState<T>(port: number, dir: string, work: (running: Running) => Promise<T>): Promise<T> {
  const state = join(dir, "state");
  const standIn = await startStandIn();
  const settings = {
    ...standInSettings(standIn.baseUrl),
    ...{ FINE_TUNE_BASE_URL: standIn.baseUrl, FINE_TUNE_WEBHOOK_SECRET: WEBHOOK_SECRET },
    ...{ HOLDOUT_FRACTION: "0", LESSON_HOLDOUT_FRACTION: "0" },
  };
  const worker = { ...scriptOn(port, OWNER, dir, "worker.js"), ...stores(settings), ...OWN, ...BACKGROUND };
  const errors: LoggedError[] = [];
  const url = `http://127.0.0.1:${port}`;
  try {
    const database = findDatabase(state);
    return await onWorkerd(
      [worker],
      state,
      (pid) => work({ port, url, database, pid, errors }),
      ({ message }) => keepError(errors, message),
    );
  } finally {
    await standIn.close();
  }
}

/** All that works in the background, as in wrangler.toml. */
const BACKGROUND = {
  queueConsumers: {
    ...OWN.queueConsumers,
    "redraft-corrections": { maxBatchSize: 100, maxBatchTimeout: 1, deadLetterQueue: "redraft-corrections-dead" },
    "redraft-corrections-dead": { maxBatchSize: 100, maxBatchTimeout: 1 },
    "redraft-jobs": { maxBatchSize: 1, maxBatchTimeout: 0, deadLetterQueue: "redraft-jobs-dead" },
    "redraft-jobs-dead": { maxBatchSize: 100, maxBatchTimeout: 1 },
  },
  durableObjects: { ...OWN.durableObjects, PACE: { className: "Pace", useSQLite: true } },
};

function keepError(errors: LoggedError[], line: string): void {
  try {
    const { level, ...fields } = JSON.parse(line) as LoggedError & { level?: string };
    if (level === "error") errors.push(fields);
  } catch {
    // What workerd itself says is no line of JSON.
    if (/error/i.test(line)) errors.push({ event: "workerd", error: line.slice(0, 300) });
  }
}
