import { keepLease } from "../lib/keep-lease.ts";
import { log } from "../lib/log.ts";
import { HOUR, MINUTE, SECOND } from "../lib/time.ts";
import { type Services, withPace } from "../services.ts";
import { keepDeadLetter } from "./dead-letters.ts";
import { claimJob, endJob, releaseJob, renewLease, triesOf } from "./hold.ts";
import { type Held, type JobEnd, type JobMessage, type JobTable, jobMessage } from "./job.ts";
import { wakeJob } from "./wake-jobs.ts";

/** How long a message waits when not even its row could be read or written; in seconds. */
const RETRY_DELAY_S = 15;

/** A job that got nowhere waits this long, then twice as long each time. */
const FIRST_WAIT_MS = 30 * SECOND;
const LONGEST_WAIT_MS = HOUR;

/** A consumer lives 15 minutes: no model call begins later, so that the last one and the storing still fit. */
const BEGIN_CALLS_MS = 12 * MINUTE;

const CUT_OFF = "Every attempt was cut off before it got any further.";
const OUR_FAULT = "Something went wrong on our side; the logs say what.";

/** Works off wake-up messages, one at a time. What becomes of a job stands in its row; the message is done with. */
export async function consumeJobs(services: Services, table: JobTable, batch: MessageBatch): Promise<void> {
  for (const delivery of batch.messages) {
    try {
      const message = jobMessage.safeParse(delivery.body);
      if (message.success) await workOff(services, table, message.data);
      else await keepDeadLetter(services, "jobs", delivery.body, "Unrecognised message.");
      delivery.ack();
    } catch (error) {
      log.error("job_message_fault", {}, error);
      delivery.retry({ delaySeconds: RETRY_DELAY_S });
    }
  }
}

/** The life of a job: claimed, run under a lease, and ended, put back or given up, while the claim still holds. */
export async function workOff(services: Services, table: JobTable, { job: kind, id }: JobMessage): Promise<void> {
  const held = await claimJob(services, kind, id);
  if (held === null) return;
  const names = { job: kind, subject_id: id };
  // Its workers died: the next one would too.
  if (held.tries > table[kind].mostTries) return settle(services, table, held, { end: "stuck", reason: CUT_OFF });
  const release = keepLease(() => renewLease(services, held), names);
  let end: JobEnd;
  const began = services.clock();
  try {
    const paced = withPace(services, () => services.clock() - began < BEGIN_CALLS_MS);
    end = await table[kind].run(paced, held);
  } catch (error) {
    log.error("job_fault", names, error);
    end = { end: "stuck", reason: OUR_FAULT };
  } finally {
    release();
  }
  await settle(services, table, held, end);
}

async function settle(services: Services, table: JobTable, held: Held, end: JobEnd): Promise<void> {
  const { db, clock } = services;
  const { kind, subject } = held;
  switch (end.end) {
    case "done":
      if (await endJob(services, held)) await wakeJob(services, kind, subject);
      return;
    case "again":
      await releaseJob(db, held, end.at, 0);
      return wakeJob(services, kind, subject, end.at);
    case "wait":
      await releaseJob(db, held, end.at, held.tries - 1);
      return;
    case "stuck": {
      const { mostTries, giveUp } = table[kind];
      // Not those it was claimed with: it may have made progress since. Only the worker that holds it gives it up.
      const tries = await triesOf(db, held);
      if (tries === null) return;
      if (tries < mostTries) {
        await releaseJob(db, held, clock() + waitMs(tries), tries);
        return;
      }
      await giveUp?.(services, subject, end.reason);
      await endJob(services, held);
    }
  }
}

/** How long a job waits after a number of tries, in milliseconds. */
export function waitMs(tries: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, tries - 1), LONGEST_WAIT_MS);
}
