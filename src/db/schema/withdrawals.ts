import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { type FailureStatus, failedReplies } from "./failures.ts";

/** Set aside, and put back by an undo; or erased for good. */
export const WITHDRAWAL_MODES = ["withdraw", "erase"] as const;
export type WithdrawalMode = (typeof WITHDRAWAL_MODES)[number];

export const WITHDRAWAL_STATUSES = ["running", "done", "undoing", "undone"] as const;
export type WithdrawalStatus = (typeof WITHDRAWAL_STATUSES)[number];

/** What the work on a withdrawal does, in this order, going there as well as going back. */
export type WithdrawalStep = "failures" | "lessons" | "contexts" | "exports" | "erase";

/** Which failures a withdrawal takes, as the API names it; times in milliseconds. */
export interface WithdrawalFilter {
  withdrawal_id?: string;
  import_id?: string;
  agent?: string;
  channel?: string;
  topic?: string;
  /** The topic's cluster when it was asked for: a merge meanwhile must not bring another cluster's failures in. */
  cluster_id?: string;
  failure_category?: string;
  since?: number;
  until?: number;
}

/** Many failures taken back at once. Holds no text of theirs. */
export const withdrawals = sqliteTable("withdrawals", {
  id: text().primaryKey(),
  filter: text({ mode: "json" }).$type<WithdrawalFilter>().notNull(),
  reason: text().notNull(),
  mode: text().$type<WithdrawalMode>().notNull(),
  status: text().$type<WithdrawalStatus>().notNull(),
  /** How many failures it takes, counted when it was asked for, and the newest of them. */
  total: integer().notNull(),
  boundary: text().notNull(),
  step: text().$type<WithdrawalStep>().notNull(),
  /** What the step has come to; each begins at "". */
  cursor: text().notNull(),
  /** Failures that are withdrawn; an undo counts them down. */
  taken: integer().notNull(),
  /** The lessons it retired, and those that were retired before for another. */
  lessonIds: text("lesson_ids", { mode: "json" }).$type<string[]>().notNull(),
  /** The exports whose files hold what it took: `[id, generation]`. */
  exportIds: text("export_ids", { mode: "json" }).$type<[string, number][]>().notNull(),
  actor: text().notNull(),
  createdAt: integer("created_at").notNull(),
  finishedAt: integer("finished_at"),
});

/** A failure that was set aside, with what an undo gives back to it. Stays when it was undone, as a record. */
export const withdrawnFailures = sqliteTable(
  "withdrawn_failures",
  {
    withdrawalId: text("withdrawal_id")
      .notNull()
      .references(() => withdrawals.id),
    failedReplyId: text("failed_reply_id")
      .notNull()
      .references(() => failedReplies.id, { onDelete: "cascade" }),
    status: text().$type<FailureStatus>().notNull(),
    dueAt: integer("due_at"),
    clusterId: text("cluster_id"),
    failureCategory: text("failure_category"),
    /** Its improvement (`seq`) that was current. */
    improvementSeq: integer("improvement_seq"),
    /** The outcome of the prompt that the reply was written from, as its columns. */
    outcome: text({ mode: "json" }).$type<unknown[]>(),
  },
  (t) => [
    primaryKey({ columns: [t.withdrawalId, t.failedReplyId] }),
    index("withdrawn_failures_failure").on(t.failedReplyId),
  ],
);
