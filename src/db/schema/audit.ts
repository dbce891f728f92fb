import { sql } from "drizzle-orm";
import { integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { improvements } from "./improvements.ts";

/** A draw of improvements at random, for people to rate. */
export const auditDraws = sqliteTable("audit_draws", {
  id: text().primaryKey(),
  /** Counts up: of two draws at the same moment one comes to nothing. */
  number: integer().notNull().unique(),
  /** Of how many improvements it was drawn: those that no draw had taken before. */
  population: integer().notNull(),
  /** Each one's probability to be in it: how many were drawn, of the population. */
  probability: real().notNull(),
  /** The newest improvement (`seq`) that could be in it. */
  boundary: integer().notNull(),
  createdAt: integer("created_at").notNull(),
});

/** An improvement that was drawn. Holds no text, and goes with the improvement. */
export const auditItems = sqliteTable(
  "audit_items",
  {
    id: text().primaryKey(),
    drawId: text("draw_id")
      .notNull()
      .references(() => auditDraws.id),
    improvementId: text("improvement_id")
      .notNull()
      .references(() => improvements.id, { onDelete: "cascade" }),
    /** How many people are to rate it: two for some, which shows how far people agree. */
    people: integer().notNull(),
    /** From this and a person's name comes which reply that person sees first; never shown. */
    seed: integer().notNull(),
  },
  (t) => [uniqueIndex("audit_items_improvement").on(t.improvementId)],
);

export const AUDIT_VERDICTS = ["new", "equal", "old"] as const;
export type AuditVerdict = (typeof AUDIT_VERDICTS)[number];

/** What one person said of an item; all null: could not tell, and does not get it again. */
export const auditLabels = sqliteTable(
  "audit_labels",
  {
    id: text().primaryKey(),
    itemId: text("item_id")
      .notNull()
      .references(() => auditItems.id, { onDelete: "cascade" }),
    /** 1 to 5. */
    oldRating: integer("old_rating"),
    newRating: integer("new_rating"),
    better: text().$type<AuditVerdict>(),
    /** Which of the two the person saw first. */
    newFirst: integer("new_first", { mode: "boolean" }).notNull(),
    ratedBy: text("rated_by").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [uniqueIndex("audit_labels_person").on(t.itemId, sql`lower(${t.ratedBy})`)],
);
