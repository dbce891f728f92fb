import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { type FailureStatus, failedReplies } from "./failures.ts";

/** Which failures a correction run takes. Times in milliseconds. */
export interface RunFilter {
  failure_category?: string;
  topic?: string;
  since?: number;
  limit?: number;
  redo?: "failed";
}

/** A correction fanned out over many failures. */
export const correctionRuns = sqliteTable("correction_runs", {
  id: text().primaryKey(),
  filter: text({ mode: "json" }).$type<RunFilter>().notNull(),
  /** How many failures it takes, counted when it was asked for. */
  total: integer().notNull(),
  /** The fan-out goes from `cursor` (exclusive) to `boundary` (inclusive): the newest failure when the run began. */
  cursor: text(),
  boundary: text(),
  taken: integer().notNull(),
  fannedOutAt: integer("fanned_out_at"),
  startedAt: integer("started_at").notNull(),
});

/** One try at a correction, kept for good: what it cost, how it ended. Holds no customer text. */
export const correctionAttempts = sqliteTable(
  "correction_attempts",
  {
    failedReplyId: text("failed_reply_id").notNull(),
    attempt: integer().notNull(),
    runId: text("run_id"),
    /** The state it left the failure in; `pending` when it is to be tried again. */
    outcome: text().$type<FailureStatus>().notNull(),
    reasonCode: text("reason_code"),
    modelCalls: integer("model_calls").notNull(),
    inputTokens: integer("input_tokens").notNull(),
    outputTokens: integer("output_tokens").notNull(),
    endedAt: integer("ended_at").notNull(),
  },
  (t) => [
    uniqueIndex("correction_attempts_failure").on(t.failedReplyId, t.attempt),
    index("correction_attempts_run").on(t.runId, t.outcome),
    index("correction_attempts_ended").on(t.endedAt),
  ],
);

/** What a correction that was put back had been answered: paid for, and used when it goes on. */
export const correctionDrafts = sqliteTable("correction_drafts", {
  /** Goes with its failure when that is erased: the answers are about its texts. */
  failedReplyId: text("failed_reply_id")
    .primaryKey()
    .references(() => failedReplies.id, { onDelete: "cascade" }),
  answers: text({ mode: "json" }).$type<Record<string, string>>().notNull(),
  updatedAt: integer("updated_at").notNull(),
});
