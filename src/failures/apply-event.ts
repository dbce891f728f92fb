import { and, eq, isNull } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { failedReplies } from "../db/schema/failures.ts";
import type { Services } from "../services.ts";
import { type FailureEvent, type FailureState, nextState } from "./failure-state.ts";

/** An event that finds its row changed under it is computed again; more rivals than this in a row means a fault. */
const MOST_RIVALS = 5;

/**
 * Applies an event to one failure: reads its state, computes the next, writes it where nothing changed meanwhile.
 * @returns the new state, or null when the event means nothing (any more) or the failure is gone
 */
export async function applyEvent(
  { db, clock, chance }: Pick<Services, "db" | "clock" | "chance">,
  failureId: string,
  event: FailureEvent,
): Promise<FailureState | null> {
  for (let rival = 0; rival < MOST_RIVALS; rival++) {
    const state = await readState(db, failureId);
    if (state === null) return null;
    const next = nextState(state, event, clock(), chance());
    if (next === null) return null;
    const written = await db
      .update(failedReplies)
      .set({ ...next, updatedAt: clock() })
      .where(isIn(failureId, state))
      .returning({ id: failedReplies.id });
    if (written.length > 0) return next;
  }
  throw new Error(`failure ${failureId} kept changing`);
}

export async function readState(db: Db, failureId: string): Promise<FailureState | null> {
  const [state] = await db
    .select({
      status: failedReplies.status,
      dueAt: failedReplies.dueAt,
      sent: failedReplies.sent,
      attempts: failedReplies.attempts,
      tries: failedReplies.tries,
      reasonCode: failedReplies.reasonCode,
      reason: failedReplies.reason,
      runId: failedReplies.runId,
    })
    .from(failedReplies)
    .where(eq(failedReplies.id, failureId));
  return state ?? null;
}

/** SQL: the failure still is in the state that a next one was computed from. */
function isIn(failureId: string, state: Pick<FailureState, "status" | "attempts" | "dueAt">) {
  return and(
    eq(failedReplies.id, failureId),
    eq(failedReplies.status, state.status),
    eq(failedReplies.attempts, state.attempts),
    state.dueAt === null ? isNull(failedReplies.dueAt) : eq(failedReplies.dueAt, state.dueAt),
  );
}
