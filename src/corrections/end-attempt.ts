import { and, eq, exists, type SQL, sql } from "drizzle-orm";
import { markUnread } from "../clusters/lessons/unread.ts";
import { type Db, rowsFromJson } from "../db/client.ts";
import { correctionAttempts, correctionDrafts } from "../db/schema/corrections.ts";
import type { FailureStatus } from "../db/schema/failures.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { type FailureEvent, type FailureState, nextState } from "../failures/failure-state.ts";
import { type NewImprovement, storeImprovement } from "../improvements/store-improvement.ts";
import { noteCorrectionModel } from "../learning/note-correction-model.ts";
import { log } from "../lib/log.ts";
import { retryD1 } from "../lib/retry-d1.ts";
import { countUsage } from "../llm/count-usage.ts";
import type { Usage } from "../llm/model.ts";
import type { PaidAnswers } from "../llm/paid-answers.ts";
import type { Services } from "../services.ts";

/** What an attempt made. */
interface Made {
  improvement?: NewImprovement;
  /** The answers it was given, which the next attempt need not pay for; left out: those kept before stay. */
  paid?: PaidAnswers;
}

/**
 * Ends a correction: the attempt with its cost, the improvement if there is one, and the failure's next state, all
 * in one transaction, and only while this attempt still holds the failure. Repeating it changes nothing.
 * @returns the failure's new state, or null when another attempt holds it by now (what was made is dropped)
 */
export async function endAttempt(
  { db, clock, chance }: Pick<Services, "db" | "clock" | "chance">,
  failureId: string,
  held: FailureState,
  event: FailureEvent,
  usage: Usage,
  { improvement, paid }: Made = {},
): Promise<FailureState | null> {
  const now = clock();
  const next = nextState(held, event, now, chance());
  if (next === null) throw new Error(`the event ${event.type} does not end a correction`);
  const mine = and(
    eq(failedReplies.id, failureId),
    eq(failedReplies.status, "correcting"),
    eq(failedReplies.attempts, held.attempts),
  );
  const stillMine = exists(db.select({ one: sql`1` }).from(failedReplies).where(mine));
  const attempt = {
    failedReplyId: failureId,
    attempt: held.attempts,
    runId: held.runId,
    outcome: next.status,
    reasonCode: next.reasonCode,
    modelCalls: usage.calls,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    endedAt: now,
  };
  const isNew = sql`not exists (select 1 from ${correctionAttempts} a where a.failed_reply_id = ${failureId} and a.attempt = ${held.attempts})`;
  const batch = [
    // Counted together with the attempt, and like it only once.
    countUsage(db, now, usage, isNew),
    db
      .insert(correctionAttempts)
      .select(
        rowsFromJson(correctionAttempts, [attempt], {
          // What was spent was spent; but only the attempt that holds the failure decides what became of it.
          compute: { outcome: (given) => sql`case when ${stillMine} then ${given} else 'pending' end` },
        }),
      )
      .onConflictDoNothing(),
    ...(improvement ? storeImprovement(db, improvement, stillMine) : []),
    ...(improvement ? [noteCorrectionModel(db, improvement.model, now, stillMine)] : []),
    ...keepDraft(db, { id: failureId, status: next.status, now }, paid, stillMine),
    ...(isOver(next.status) ? [teachLate(db, failureId, stillMine)] : []),
    db
      .update(failedReplies)
      .set({ ...next, updatedAt: now })
      .where(mine)
      .returning({ id: failedReplies.id }),
  ] as const;
  const results = await retryD1(() => db.batch([...batch]));
  const written = results.at(-1) as { id: string }[];
  return written.length > 0 ? next : null;
}

const isOver = (status: FailureStatus) => status !== "pending" && status !== "correcting";

/** Has lessons learned from it, where its cluster has learned from newer ones while it was corrected. */
function teachLate(db: Db, failureId: string, stillMine: SQL) {
  const explained = sql`from ${failedReplies} f where f.id = ${failureId}
    and f.failure_explanation is not null and f.suspicion is not 'addresses_model' and ${stillMine}`;
  return markUnread(db, explained, sql`(select c.cluster_id from ${failedReplies} c where c.id = ${failureId})`);
}

/** Answers of this many characters in all are no corrections, and more would not fit into a row: D1 takes 2 MB. */
const MOST_KEPT_CHARACTERS = 500_000;

/** Keeps what was paid for while the correction may go on, and forgets it when it is over. */
function keepDraft(
  db: Db,
  { id, status, now }: { id: string; status: FailureStatus; now: number },
  paid: PaidAnswers | undefined,
  stillMine: SQL,
) {
  if (status === "improved" || status === "needs_human") {
    return [db.delete(correctionDrafts).where(and(eq(correctionDrafts.failedReplyId, id), stillMine))];
  }
  if (paid === undefined) return [];
  if (JSON.stringify(paid).length > MOST_KEPT_CHARACTERS) {
    log.warn("draft_not_kept", { failure_id: id });
    return [];
  }
  const draft = { failedReplyId: id, answers: paid, updatedAt: now };
  return [
    db
      .insert(correctionDrafts)
      .select(rowsFromJson(correctionDrafts, [draft], { where: () => stillMine }))
      .onConflictDoUpdate({
        target: correctionDrafts.failedReplyId,
        set: { answers: sql`excluded.answers`, updatedAt: sql`excluded.updated_at` },
      }),
  ];
}
