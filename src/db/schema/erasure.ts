import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** An erasure, kept without any text: proof of what was removed, and how far it went where it was cut off. */
export const erasures = sqliteTable(
  "erasures",
  {
    failedReplyId: text("failed_reply_id").primaryKey(),
    /** Its improvements (`seq`), by which the exports that hold them are found. */
    improvementSeqs: text("improvement_seqs", { mode: "json" }).$type<number[]>().notNull(),
    clusterId: text("cluster_id"),
    failureCategory: text("failure_category"),
    /** SHA-256 of its external id: a delivery that is repeated after the erasure must not bring the texts back. */
    externalIdHash: text("external_id_hash"),
    /** The clusters whose guidance may have held its words. */
    taughtClusterIds: text("taught_cluster_ids", { mode: "json" }).$type<string[]>(),
    /** The exports whose files held it. */
    exportIds: text("export_ids", { mode: "json" }).$type<string[]>().notNull(),
    erasedAt: integer("erased_at").notNull(),
    /** When it had gone everywhere; null: the sweep goes on with it. */
    finishedAt: integer("finished_at"),
  },
  (t) => [index("erasures_external_id").on(t.externalIdHash).where(sql`external_id_hash is not null`)],
);
