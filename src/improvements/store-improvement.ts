import { and, eq, type SQL, sql } from "drizzle-orm";
import { type Db, rowsFromJson } from "../db/client.ts";
import { prompts } from "../db/schema/failures.ts";
import { improvements } from "../db/schema/improvements.ts";
import { rankingColumns } from "./ranking.ts";

/** An improvement as a correction made it; version, place in the lists and prompt's text are given when it is stored. */
export type NewImprovement = Omit<
  typeof improvements.$inferSelect,
  "seq" | "version" | "isCurrent" | "rank" | "meanRank" | "doubt" | "originalPrompt"
>;

/**
 * Statements that make an improvement the current one of its failure, as its next version; to run in one batch.
 * @param condition SQL; where it is false nothing is stored
 */
export function storeImprovement(db: Db, improvement: NewImprovement, condition: SQL) {
  const nextVersion = sql`(select coalesce(max(v.version), 0) + 1 from ${improvements} v where v.failed_reply_id = ${improvement.failedReplyId})`;
  const promptText = sql`(select p.original_prompt from ${prompts} p where p.id = ${improvement.promptId})`;
  const stored = { ...improvement, originalPrompt: "", ...rankingColumns(improvement), version: 0, isCurrent: true };
  return [
    db
      .update(improvements)
      .set({ isCurrent: false })
      .where(
        and(eq(improvements.failedReplyId, improvement.failedReplyId), eq(improvements.isCurrent, true), condition),
      ),
    db.insert(improvements).select(
      rowsFromJson(improvements, [stored], {
        compute: { version: () => nextVersion, originalPrompt: () => promptText },
        where: () => condition,
      }),
    ),
  ] as const;
}
