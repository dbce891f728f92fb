import { and, asc, eq, gt, lte, type SQL } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type FailureStatus, failedReplies } from "../db/schema/failures.ts";
import { readState } from "../failures/apply-event.ts";
import { type FailureState, nextState, RESEND_AFTER_MS } from "../failures/failure-state.ts";
import { MOST_ON_THEIR_WAY, sendWakeUps, wakeCorrections } from "../failures/wake-corrections.ts";
import { MINUTE } from "../lib/time.ts";
import { NO_USAGE } from "../llm/model.ts";
import type { Services } from "../services.ts";
import { endAttempt } from "./end-attempt.ts";

type Sweeping = Pick<Services, "db" | "clock" | "chance" | "corrections">;

/** Leases freed per sweep: each takes a few of the 1,000 queries that D1 allows an invocation. */
const MOST_FREED = 100;

/** Where no correction is under way for this long after a message was sent, no consumer has it. */
const LOST_WHEN_IDLE_MS = 2 * MINUTE;

/**
 * Heals what messages lost: sends again what was lost, then what is due, then frees corrections whose worker died. In
 * that order, so that many dead workers never keep what is due from its turn. Run every minute; running it twice at once
 * does no harm.
 * @returns how many corrections were freed, and how many messages went out
 */
export async function sweepCorrections(services: Sweeping): Promise<{ freed: number; sent: number }> {
  const { db, clock } = services;
  const idle = (await read(db, "correcting", false, gt(failedReplies.dueAt, clock()), 1)).length === 0;
  const lostSince = clock() + (idle ? RESEND_AFTER_MS - LOST_WHEN_IDLE_MS : 0);
  const lost = await read(db, "pending", true, lte(failedReplies.dueAt, lostSince), MOST_ON_THEIR_WAY);
  const isDue = lte(failedReplies.dueAt, clock());
  const due = await read(db, "pending", false, isDue, MOST_ON_THEIR_WAY);
  const sent = (await sendWakeUps(services, lost)) + (await wakeCorrections(services, due));
  const free: string[] = [];
  let freed = 0;
  for (const id of await read(db, "correcting", false, isDue, MOST_FREED)) {
    const state = await freeLease(services, id);
    if (state !== null) freed += 1;
    if (state?.status === "pending") free.push(id);
  }
  return { freed, sent: sent + (await wakeCorrections(services, free)) };
}

/** The ids of those that are due first. */
async function read(db: Db, status: FailureStatus, sent: boolean, due: SQL, most: number): Promise<string[]> {
  const rows = await db
    .select({ id: failedReplies.id })
    .from(failedReplies)
    .where(and(eq(failedReplies.status, status), eq(failedReplies.sent, sent), due))
    .orderBy(asc(failedReplies.dueAt))
    .limit(most);
  return rows.map(({ id }) => id);
}

async function freeLease(services: Sweeping, id: string): Promise<FailureState | null> {
  const held = await readState(services.db, id);
  if (held === null || nextState(held, { type: "lease_ran_out" }, services.clock(), 0) === null) return null;
  return endAttempt(services, id, held, { type: "lease_ran_out" }, NO_USAGE);
}
