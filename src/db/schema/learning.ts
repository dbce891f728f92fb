import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * How many failures were erased, by the day they occurred on: without them the weeks before an erasure would seem better
 * than they were. Counts alone; nothing leads from here to a failure.
 */
export const erasedFailures = sqliteTable(
  "erased_failures",
  {
    /** Its cluster at that time, which may have been merged since; "" for none. */
    clusterId: text("cluster_id").notNull(),
    /** UTC, `2026-01-31`. */
    day: text().notNull(),
    failures: integer().notNull(),
    /** Of these, those that a lesson should have prevented: see `clusters/recurrences.ts`. */
    recurrences: integer().notNull(),
    /** Of these, those whose prompt is known to have gone out without the lesson. */
    withoutLesson: integer("without_lesson").notNull(),
  },
  (t) => [primaryKey({ columns: [t.clusterId, t.day] })],
);

/** The model that improvements were written with, from when on: a row where it differs from the one before. */
export const correctionModels = sqliteTable("correction_models", {
  since: integer().primaryKey(),
  model: text().notNull(),
});
