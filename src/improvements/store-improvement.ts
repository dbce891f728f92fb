import { and, eq, type SQL, sql } from "drizzle-orm";
import { type Db, rowsFromJson } from "../db/client.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { improvements, UNSCORED_RANK } from "../db/schema/improvements.ts";
import { ONE_SAMPLE_SPREAD } from "../judge/gain.ts";

/** An improvement as a correction made it; version, place in the lists, prompt's text and names are given when it is stored. */
export type NewImprovement = Omit<
  typeof improvements.$inferSelect,
  "seq" | "version" | "isCurrent" | "rank" | "meanRank" | "doubt" | "originalPrompt" | "knownNames"
>;

/**
 * Statements that make an improvement the current one of its failure, as its next version; to run in one batch.
 * @param condition SQL; where it is false nothing is stored
 */
export function storeImprovement(db: Db, improvement: NewImprovement, condition: SQL) {
  const nextVersion = sql`(select coalesce(max(v.version), 0) + 1 from ${improvements} v where v.failed_reply_id = ${improvement.failedReplyId})`;
  // As it is now, not as it was when the correction began: clusters are merged and split meanwhile.
  const cluster = sql`(select f.cluster_id from ${failedReplies} f where f.id = ${improvement.failedReplyId})`;
  const names = sql`(select f.known_names from ${failedReplies} f where f.id = ${improvement.failedReplyId})`;
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
        compute: {
          ...{ version: () => nextVersion, originalPrompt: () => promptText },
          ...{ clusterId: () => cluster, knownNames: () => names },
        },
        where: () => condition,
      }),
    ),
  ] as const;
}

type Scored = Pick<typeof improvements.$inferInsert, "scoreGainEstimate" | "gainSpread" | "pairwise" | "guardFindings">;

/**
 * Mean minus spread: what a gain is worth when luck is taken off. Null: unscored. The spread is never less than that
 * of one sample: two or three that agree do so by luck as well, and all share what the judge gets wrong.
 */
export function lowerBound({ scoreGainEstimate, gainSpread }: Pick<Scored, "scoreGainEstimate" | "gainSpread">) {
  return scoreGainEstimate == null ? null : scoreGainEstimate - Math.max(gainSpread ?? 0, ONE_SAMPLE_SPREAD);
}

/** Points of doubt. Only their order matters: a lost comparison outweighs a warning, a warning a small gain. */
const DOUBT = { unscored: 200, lost: 100, warning: 50, tie: 40, unknown: 20 } as const;

/** From this lower bound on, the gain alone raises no doubt; below, every point is one. */
const RELIABLE_GAIN = 30;
const MOST_DOUBT_BY_GAIN = 60;

/** How much an improvement needs a person to look at it; the review queue begins with the most. */
export function doubtOf(improvement: Scored): number {
  const bound = lowerBound(improvement);
  const byGain = bound === null ? DOUBT.unscored : Math.min(Math.max(RELIABLE_GAIN - bound, 0), MOST_DOUBT_BY_GAIN);
  const byComparison = improvement.pairwise === "won" ? 0 : DOUBT[improvement.pairwise];
  return byGain + byComparison + (improvement.guardFindings.length > 0 ? DOUBT.warning : 0);
}

/** The columns that an improvement is ordered by. */
function rankingColumns(improvement: Scored): { rank: number; meanRank: number; doubt: number } {
  return {
    rank: lowerBound(improvement) ?? UNSCORED_RANK,
    meanRank: improvement.scoreGainEstimate ?? UNSCORED_RANK,
    doubt: doubtOf(improvement),
  };
}
