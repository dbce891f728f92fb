import { MINUTE } from "../lib/time.ts";
import type { HealthOutput } from "./schemas.ts";

/** The sweep comes every minute, and wakes what is due: after several of them something is wrong. */
const LATE_MS = 5 * MINUTE;

/** D1 holds 10 GB; from here on there is still time to act. */
const NEARLY_FULL_BYTES = 9e9;

/** Ends by itself, at midnight. */
const BUDGET_USED_UP = "daily_budget";

/**
 * What somebody should look at, in plain words. What goes on by itself is none of it.
 * @param models those that correct
 */
export function problemsOf(
  { database, pace, corrections, queues, router, sweep }: Omit<HealthOutput, "status" | "problems">,
  models: string[],
  now: number,
): string[] {
  const isLate = (time: string) => now - Date.parse(time) > LATE_MS;
  const unreached = models.filter((model) => !pace.some((lane) => lane.model === model));
  const waiting = corrections?.waiting ?? null;
  const job = queues?.oldest_due_job ?? null;
  const letters = queues?.dead_letters ?? 0;
  const forgetBy = router?.forget_by ?? null;
  const failed = sweep?.failed ?? [];
  return [
    !database.answers && "The database does not answer.",
    (database.bytes ?? 0) > NEARLY_FULL_BYTES && "The database is nearly full: it holds 10 GB.",
    waiting !== null && waiting.code !== BUDGET_USED_UP && `Corrections are paused. ${waiting.reason}`,
    ...unreached.map((model) => `The pace of ${model} cannot be read.`),
    job !== null && isLate(job.due_at) && `A job (${job.kind}) has been due since ${job.due_at}, and nobody takes it.`,
    letters > 0 && `Messages that could not be delivered: ${letters}. They are on the page of runs.`,
    forgetBy !== null && isLate(forgetBy) && `The router was to forget erased messages by ${forgetBy}.`,
    sweep === null && "The sweep has not run yet; the cron of wrangler.toml runs it every minute.",
    sweep != null && isLate(sweep.at) && `The sweep last ran at ${sweep.at}; it should run every minute.`,
    failed.length > 0 && `The last sweep failed in part: ${failed.join(", ")}. The logs say why.`,
  ].filter((problem) => problem !== false);
}
