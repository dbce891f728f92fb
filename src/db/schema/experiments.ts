import { index, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { clusters } from "./clusters.ts";

/** What became of the reply to one served prompt. */
export const outcomes = sqliteTable(
  "outcomes",
  {
    promptId: text("prompt_id").primaryKey(),
    clusterId: text("cluster_id").references(() => clusters.id),
    /** See `PROMPT_ARMS`. */
    arm: integer().notNull(),
    /** Bit n: the lesson in slot n was in the prompt. */
    lessons: integer().notNull(),
    failed: integer({ mode: "boolean" }).notNull(),
    rating: real(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [index("outcomes_cluster").on(t.clusterId, t.promptId, t.arm, t.failed, t.lessons)],
);
