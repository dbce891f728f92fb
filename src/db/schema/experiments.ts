import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { clusters, lessons } from "./clusters.ts";

/** What became of the reply to one served prompt, with what its id says of it: see `PromptMark`. */
export const outcomes = sqliteTable(
  "outcomes",
  {
    promptId: text("prompt_id").primaryKey(),
    /** The cluster whose guidance was at stake: it stays, wherever that cluster goes. */
    clusterId: text("cluster_id").references(() => clusters.id),
    /** See `PROMPT_ARMS`. */
    arm: integer().notNull(),
    lessons: integer().notNull(),
    /** Bit n: chance left the lesson in slot n out. */
    leftOut: integer("left_out").notNull(),
    lessonShare: real("lesson_share").notNull(),
    conversation: integer().notNull(),
    toldApart: integer("told_apart", { mode: "boolean" }).notNull(),
    plainShare: real("plain_share").notNull(),
    failed: integer({ mode: "boolean" }).notNull(),
    rating: real(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [
    index("outcomes_failed")
      .on(
        t.clusterId,
        t.conversation,
        t.promptId,
        t.arm,
        t.plainShare,
        t.toldApart,
        t.lessons,
        t.leftOut,
        t.lessonShare,
      )
      .where(sql`failed = 1`),
    index("outcomes_cluster").on(t.clusterId, t.conversation, t.promptId, t.arm, t.plainShare, t.failed),
  ],
);

/** What each lesson does, by the failures with it and without it; worked out anew with its cluster's context. */
export const lessonEffects = sqliteTable("lesson_effects", {
  lessonId: text("lesson_id")
    .primaryKey()
    .references(() => lessons.id, { onDelete: "cascade" }),
  /** Failed conversations that it was for, and those of them that did without it. */
  failures: integer().notNull(),
  leftOut: integer("left_out").notNull(),
  /** Evidence that it changes something, as a natural logarithm. */
  evidence: real().notNull(),
  /** With it over without it, and its 95% confidence sequence; null where open or unknown. */
  relativeRisk: real("relative_risk"),
  low: real(),
  high: real(),
  /** About how many more failures until it is known; null where there is no telling. */
  more: integer(),
});

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
