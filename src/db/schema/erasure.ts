import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** How many rows of D1 went with a failure. */
export interface RemovedRows {
  prompts: number;
  improvements: number;
  reviews: number;
  audit_labels: number;
  correction_drafts: number;
  comparison_cases: number;
  dead_letters: number;
  lessons: number;
}

/** An erasure, kept without any text: proof of what was removed, and how far it went where it was cut off. */
export const erasures = sqliteTable(
  "erasures",
  {
    failedReplyId: text("failed_reply_id").primaryKey(),
    /** Those that were erased together, and the subject of the job that finishes them. */
    batchId: text("batch_id").notNull(),
    /** Its improvements (`seq`), by which the files that hold them are found. */
    improvementSeqs: text("improvement_seqs", { mode: "json" }).$type<number[]>().notNull(),
    /** The clusters and failure categories whose contexts may have held it. */
    contexts: text({ mode: "json" }).$type<{ clusterId: string | null; failureCategory: string | null }[]>().notNull(),
    /** SHA-256 of its external id: a delivery that is repeated after the erasure must not bring the texts back. */
    externalIdHash: text("external_id_hash"),
    /** The clusters whose guidance may have held its words. */
    taughtClusterIds: text("taught_cluster_ids", { mode: "json" }).$type<string[]>().notNull(),
    removed: text({ mode: "json" }).$type<RemovedRows>().notNull(),
    /** The exports whose files held it. */
    exportIds: text("export_ids", { mode: "json" }).$type<string[]>().notNull(),
    /** The fine-tunes whose files held it. */
    fineTuneIds: text("fine_tune_ids", { mode: "json" }).$type<string[]>().notNull(),
    erasedAt: integer("erased_at").notNull(),
    /** When its files had gone too; null: the job goes on with it. */
    finishedAt: integer("finished_at"),
  },
  (t) => [
    index("erasures_external_id").on(t.externalIdHash).where(sql`external_id_hash is not null`),
    index("erasures_open").on(t.batchId).where(sql`finished_at is null`),
    index("erasures_newest").on(t.erasedAt, t.failedReplyId),
  ],
);
