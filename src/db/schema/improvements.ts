import { sql } from "drizzle-orm";
import { index, integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { clusters } from "./clusters.ts";
import { failedReplies, prompts } from "./failures.ts";
import type { Judgement, Pairwise } from "./judge.ts";

export const REVIEW_STATUSES = ["unreviewed", "approved", "rejected"] as const;
export type ReviewStatus = (typeof REVIEW_STATUSES)[number];

/** What a guard found in a reply, in words for people. */
export interface GuardFinding {
  guard: string;
  severity: "refuse" | "warn";
  detail: string;
}

/** Where an improvement without a gain stands in the leaderboard: below every gain there can be. */
export const UNSCORED_RANK = -1000;

/** What a correction brought. One row per failure is current; a redo adds a version. */
export const improvements = sqliteTable(
  "ai_reply_improvements",
  {
    /**
     * Counts up in the order of commits. As the table's own key it lets an export read the table in order without
     * an index beside it: half the rows read, which D1 bills.
     */
    seq: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    promptId: text("prompt_id")
      .notNull()
      .references(() => prompts.id),
    failedReplyId: text("failed_reply_id")
      .notNull()
      .references(() => failedReplies.id),
    /** Counts up with every redo and every review of the failure's improvement; a review names the one it saw. */
    version: integer().notNull(),
    isCurrent: integer("is_current", { mode: "boolean" }).notNull(),
    /** The prompt's text once more, so that an export reads one row for each line. Filled by `storeImprovement`. */
    originalPrompt: text("original_prompt").notNull(),
    originalReply: text("original_reply").notNull(),
    correctedReply: text("corrected_reply").notNull(),
    /** Whole numbers, 0 to 100; null when the reply could not be judged (unscored). */
    oldRating: integer("old_rating"),
    newRating: integer("new_rating"),
    /** New rating minus old rating, -100 to 100. */
    scoreGainEstimate: integer("score_gain_estimate"),
    /** Standard error of the gain over the judge's samples, in points; null with fewer than two samples. */
    gainSpread: real("gain_spread"),
    judgement: text({ mode: "json" }).$type<Judgement>(),
    pairwise: text().$type<Pairwise>().notNull(),
    /** What the guards found in `correctedReply`. */
    guardFindings: text("guard_findings", { mode: "json" }).$type<GuardFinding[]>().notNull(),
    /** A person changed the text after it was judged: ratings and gain are those of the text before. */
    edited: integer({ mode: "boolean" }).notNull(),
    failureCategory: text("failure_category"),
    clusterId: text("cluster_id").references(() => clusters.id),
    /** The failure's own once more, for exports. Filled by `storeImprovement`. */
    knownNames: text("known_names", { mode: "json" }).$type<string[]>(),
    /** Who wrote the agent's reply, where the failure's metadata names an agent. */
    agent: text(),
    model: text().notNull(),
    judgeModel: text("judge_model"),
    reviewStatus: text("review_status").$type<ReviewStatus>().notNull(),
    createdAt: integer("created_at").notNull(),
    /** The leaderboard's order: the lower bound of the gain. Unscored rows stand below every scored one, here and next. */
    rank: real().notNull(),
    /** The gain itself, for that order and for totals. */
    meanRank: real("mean_rank").notNull(),
    /** The order of the review queue: how much this needs a person. */
    doubt: real().notNull(),
  },
  (t) => [
    uniqueIndex("improvements_current").on(t.failedReplyId).where(sql`is_current = 1`),
    uniqueIndex("improvements_version").on(t.failedReplyId, t.version),
    index("improvements_prompt").on(t.promptId),
    // Every index ends with the table's key, `seq`. So these have their rows by time, for exports and for the newest
    // first; without a filter the table itself has.
    index("improvements_category").on(t.failureCategory),
    index("improvements_cluster").on(t.clusterId),
    index("improvements_review").on(t.reviewStatus),
    index("improvements_rank").on(t.isCurrent, t.rank),
    index("improvements_category_rank").on(t.isCurrent, t.failureCategory, t.rank),
    index("improvements_cluster_rank").on(t.isCurrent, t.clusterId, t.rank),
    index("improvements_review_rank").on(t.isCurrent, t.reviewStatus, t.rank),
    index("improvements_mean").on(t.isCurrent, t.meanRank),
    index("improvements_category_mean").on(t.isCurrent, t.failureCategory, t.meanRank),
    index("improvements_cluster_mean").on(t.isCurrent, t.clusterId, t.meanRank),
    index("improvements_review_mean").on(t.isCurrent, t.reviewStatus, t.meanRank),
    index("improvements_agent_mean").on(t.isCurrent, t.agent, t.meanRank).where(sql`agent is not null`),
    index("improvements_doubt").on(t.isCurrent, t.reviewStatus, t.doubt),
  ],
);

/** A person's decision on an improvement, kept for good: who, what, when. */
export const reviews = sqliteTable(
  "reviews",
  {
    id: text().primaryKey(),
    /** Goes with the improvement when that is erased, because a review may hold its text. */
    improvementId: text("improvement_id")
      .notNull()
      .references(() => improvements.id, { onDelete: "cascade" }),
    /** The improvement's version that the person saw. */
    version: integer().notNull(),
    decision: text().$type<"approve" | "reject">().notNull(),
    note: text(),
    /** The text that an edit replaced: the one that was judged, or an earlier edit. Null: nothing was edited. */
    replacedReply: text("replaced_reply"),
    decidedBy: text("decided_by").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [uniqueIndex("reviews_version").on(t.improvementId, t.version)],
);
