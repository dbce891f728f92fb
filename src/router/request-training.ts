import { sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { routerTraining } from "../db/schema/router.ts";
import { askFor } from "../jobs/ask-for.ts";
import { requestJobs, wakeJob } from "../jobs/wake-jobs.ts";
import { log } from "../lib/log.ts";
import { SECOND } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { FORGET_WITHIN_MS, NEVER, ROUTER } from "./training-state.ts";

type Asking = Pick<Services, "db" | "clock" | "jobs">;

/** How long after new failures the job looks whether they are enough. */
export const LOOK_AGAIN_MS = 6 * SECOND;

/**
 * An isolate asks for a training at most this often. Less than the job's delay, so that what comes meanwhile is seen by
 * the job asked for before.
 */
const ASK_EVERY_MS = LOOK_AGAIN_MS - SECOND;

/** Statements that have the router trained soon, whether or not much is new; `wakeTraining` follows their commit. */
export function askForTraining(db: Db, requestedAt: number) {
  return [
    db
      .insert(routerTraining)
      .values({ ...NEVER, requestedAt })
      .onConflictDoUpdate({ target: routerTraining.id, set: { requestedAt } }),
    askFor(db, "train_router", ROUTER, requestedAt),
  ] as const;
}

/** A statement: what the router learned from a failure has to be forgotten. The sweep has it trained in time. */
export function askToForget(db: Db, now: number) {
  const forgetBy = now + FORGET_WITHIN_MS;
  return db
    .insert(routerTraining)
    .values({ ...NEVER, erasedAt: now, forgetBy })
    .onConflictDoUpdate({
      target: routerTraining.id,
      set: { erasedAt: now, forgetBy: sql`coalesce(${routerTraining.forgetBy}, ${forgetBy})` },
    });
}

export function wakeTraining(services: Pick<Services, "clock" | "jobs">): Promise<void> {
  return wakeJob(services, "train_router", ROUTER);
}

/** Has the router trained soon, whether or not much is new. */
export async function requestTraining(services: Asking): Promise<void> {
  const { db, clock } = services;
  await db.batch(askForTraining(db, clock()));
  await wakeTraining(services);
}

const lastAsked = new WeakMap<Db, number>();

/** Says that failures with topics were recorded. The job decides whether that is enough to train on. */
export async function noteNewExamples(services: Asking): Promise<void> {
  const { db, clock } = services;
  const now = clock();
  if (now - (lastAsked.get(db) ?? 0) < ASK_EVERY_MS) return;
  lastAsked.set(db, now);
  try {
    await requestJobs(services, "train_router", [ROUTER], now + LOOK_AGAIN_MS);
  } catch (error) {
    // The failures are recorded; the sweep asks as well.
    log.warn("training_not_asked", {}, error);
  }
}
