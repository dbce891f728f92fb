import { and, count, desc, eq, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { improvements } from "../db/schema/improvements.ts";
import { decodeCursor, encodeCursor } from "../http/pagination.ts";

const SHOWN_FAILURES = 20;

const unreviewed = and(eq(improvements.isCurrent, true), eq(improvements.reviewStatus, "unreviewed"));

/**
 * The next improvement to review, the most doubtful first.
 * @param after the cursor of the one before; null begins at the start
 * @returns its id with its own cursor, or null at the end of the queue
 */
export async function nextToReview(db: Db, after: string | null): Promise<{ id: string; cursor: string } | null> {
  const position = after === null ? null : decodeCursor(after, ["number", "number"]);
  const [row] = await db
    .select({ id: improvements.id, doubt: improvements.doubt, seq: improvements.seq })
    .from(improvements)
    .where(
      and(
        unreviewed,
        position ? sql`(${improvements.doubt}, ${improvements.seq}) < (${position[0]}, ${position[1]})` : undefined,
      ),
    )
    .orderBy(desc(improvements.doubt), desc(improvements.seq))
    .limit(1);
  return row ? { id: row.id, cursor: encodeCursor([row.doubt, row.seq]) } : null;
}

/** How many improvements nobody has reviewed yet. */
export async function countUnreviewed(db: Db): Promise<number> {
  const [row] = await db.select({ count: count() }).from(improvements).where(unreviewed);
  return row?.count ?? 0;
}

/** Failures that were left to a person, with the reason, newest first. */
export function failuresLeftToPeople(db: Db) {
  return db
    .select({
      id: failedReplies.id,
      originalPrompt: prompts.originalPrompt,
      aiReply: failedReplies.aiReply,
      agentReply: failedReplies.agentReply,
      reasonCode: failedReplies.reasonCode,
      reason: failedReplies.reason,
      contextUrl: prompts.contextUrl,
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .where(eq(failedReplies.status, "needs_human"))
    .orderBy(desc(failedReplies.id))
    .limit(SHOWN_FAILURES);
}

export type LeftFailure = Awaited<ReturnType<typeof failuresLeftToPeople>>[number];
