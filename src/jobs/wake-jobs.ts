import type { JobKind } from "../db/schema/jobs.ts";
import { log } from "../lib/log.ts";
import { MINUTE, SECOND } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { askFor, askUnlessAsked } from "./ask-for.ts";
import type { JobMessage } from "./job.ts";

/** `sendBatch` takes at most 100 messages. */
const BATCH = 100;

/** What is due later than this is left to the sweep, which comes every minute. */
const SWEEP_EVERY_MS = MINUTE;

/**
 * Sends wake-up messages for jobs that were asked for. One that the queue refuses is no loss: its row is due, and the
 * sweep sends it.
 * @param at when they are due, in milliseconds
 */
export async function wakeJobs(
  { jobs, clock }: Pick<Services, "jobs" | "clock">,
  wanted: { kind: JobKind; subject: string }[],
  at = 0,
): Promise<void> {
  const waitMs = Math.max(0, at - clock());
  if (waitMs >= SWEEP_EVERY_MS) return;
  const delaySeconds = Math.ceil(waitMs / SECOND);
  for (let i = 0; i < wanted.length; i += BATCH) {
    const messages = wanted.slice(i, i + BATCH).map(({ kind, subject }) => {
      const body: JobMessage = { job: kind, id: subject };
      return { body, ...(delaySeconds > 0 && { delaySeconds }) };
    });
    try {
      await jobs.sendBatch(messages);
    } catch (error) {
      log.warn("jobs_not_sent", { count: wanted.length - i }, error);
      return;
    }
  }
}

/** The same for one. */
export function wakeJob(
  services: Pick<Services, "jobs" | "clock">,
  kind: JobKind,
  subject: string,
  at?: number,
): Promise<void> {
  return wakeJobs(services, [{ kind, subject }], at);
}

/**
 * Asks for jobs that have nothing else to be committed with, and wakes them.
 * @param at when they are due, in milliseconds; now where it is left out
 */
export function requestJobs(services: Asking, kind: JobKind, subjects: string[], at = services.clock()): Promise<void> {
  return askAndWake(services, askFor, kind, subjects, at);
}

/** The same for a sweep: see `askUnlessAsked`. */
export function requestMissingJobs(services: Asking, kind: JobKind, subjects: string[]): Promise<void> {
  return askAndWake(services, askUnlessAsked, kind, subjects, services.clock());
}

type Asking = Pick<Services, "db" | "clock" | "jobs">;

async function askAndWake(
  services: Asking,
  ask: typeof askFor | typeof askUnlessAsked,
  kind: JobKind,
  subjects: string[],
  at: number,
): Promise<void> {
  const [first, ...others] = subjects.map((subject) => ask(services.db, kind, subject, at));
  if (first === undefined) return;
  await services.db.batch([first, ...others]);
  const wanted = subjects.map((subject) => ({ kind, subject }));
  await wakeJobs(services, wanted, at);
}
