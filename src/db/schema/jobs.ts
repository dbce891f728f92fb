import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The kinds of long work; `src/job-table.ts` has the function of each. */
export const JOB_KINDS = [
  "fan_out",
  "controls",
  "export",
  "fine_tune",
  "provider_files",
  "comparison",
  "distill",
  "move_cluster",
  "train_router",
  "erasure",
  "withdrawal",
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** Long work that is not done yet, a row each; a row is gone once its work is done. */
export const jobs = sqliteTable(
  "jobs",
  {
    kind: text().$type<JobKind>().notNull(),
    /** The id of what it is about. */
    subject: text().notNull(),
    /** Not before then; while it is held, when the lease runs out. */
    dueAt: integer("due_at").notNull(),
    /** The claim that holds it: the fencing token. Null: nobody does. */
    claim: text(),
    /** Claims since it last made progress. */
    tries: integer().notNull(),
    /** How often it was asked for: what is asked for while it runs is done afterwards. */
    asked: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.kind, t.subject] }), index("jobs_due").on(t.dueAt)],
);

/** Messages that no consumer could deal with. */
export const deadLetters = sqliteTable(
  "dead_letters",
  {
    id: text().primaryKey(),
    queue: text().$type<"corrections" | "jobs">().notNull(),
    body: text({ mode: "json" }).$type<unknown>().notNull(),
    error: text().notNull(),
    createdAt: integer("created_at").notNull(),
    replayedAt: integer("replayed_at"),
  },
  (t) => [index("dead_letters_open").on(t.replayedAt, t.id)],
);

/** One row: the last sweep, which comes every minute. */
export const lastSweep = sqliteTable("last_sweep", {
  id: integer().primaryKey(),
  endedAt: integer("ended_at").notNull(),
  /** The kinds of job whose part of it failed. */
  failed: text({ mode: "json" }).$type<string[]>().notNull(),
});
