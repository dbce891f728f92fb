import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
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

/** Prompts that were served, counted. */
export const promptCounts = sqliteTable(
  "prompt_counts",
  {
    /** UTC: `2026-01-31`. */
    day: text().notNull(),
    /** Empty for none. */
    clusterId: text("cluster_id").notNull(),
    /** See `PROMPT_ARMS`. */
    arm: integer().notNull(),
    /** How likely a conversation was to get plain prompts; 1 where there was no guidance to give. */
    plainShare: real("plain_share").notNull(),
    prompts: integer().notNull(),
    /** Conversations that began with one of them, of those that can be told from others. */
    conversations: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.day, t.clusterId, t.arm, t.plainShare] })],
);
