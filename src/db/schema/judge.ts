import { integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** One sample of the judge: its words, then its scores. */
export interface JudgeSample {
  reasons: string;
  /** Whether it found the agent's reply to be an answer at all; null where it did not say. */
  usable_reference: boolean | null;
  accuracy: number;
  completeness: number;
  tone: number;
  rating: number;
}

/** One comparison of the two replies; which of them stood first decides a third of such verdicts, so both orders are asked. */
export interface Comparison {
  first: "old" | "new";
  reasons: string;
  winner: "old" | "new" | "tie";
}

/** How the improved reply did against the old one, face to face in both orders. Unknown: it was not compared. */
export const PAIRWISE = ["won", "lost", "tie", "unknown"] as const;
export type Pairwise = (typeof PAIRWISE)[number];

/** Everything the judge said about the two replies; empty where it gave no usable answer. */
export interface Judgement {
  rubric: string;
  old: JudgeSample[];
  new: JudgeSample[];
  comparisons: Comparison[];
}

export const CONTROL_STATUSES = ["queued", "running", "done", "failed"] as const;
export type ControlStatus = (typeof CONTROL_STATUSES)[number];

/** A run of the judge's controls over a sample of failures. */
export const judgeControls = sqliteTable("judge_controls", {
  id: text().primaryKey(),
  status: text().$type<ControlStatus>().notNull(),
  judgeModel: text("judge_model").notNull(),
  /** The failures it takes, drawn when it was asked for. */
  failureIds: text("failure_ids", { mode: "json" }).$type<string[]>().notNull(),
  error: text(),
  createdAt: integer("created_at").notNull(),
  finishedAt: integer("finished_at"),
});

/** What the judge gave in the controls, 0 to 100; null where it gave no usable answer. Holds no customer text. */
export const judgeControlRatings = sqliteTable(
  "judge_control_ratings",
  {
    controlId: text("control_id").notNull(),
    failedReplyId: text("failed_reply_id").notNull(),
    /** The agent's reply, rated against itself. */
    agentRating: real("agent_rating"),
    /** The old reply, rated twice by separate calls. */
    oldRating: real("old_rating"),
    oldRatingAgain: real("old_rating_again"),
    /** The old reply with words added that say nothing. */
    paddedRating: real("padded_rating"),
  },
  (t) => [uniqueIndex("judge_control_ratings_case").on(t.controlId, t.failedReplyId)],
);
