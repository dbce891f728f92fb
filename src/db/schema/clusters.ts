import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** A type of query. Its names live in `cluster_topics`, so that a rename or a merge keeps the old ones working. */
export const clusters = sqliteTable(
  "clusters",
  {
    id: text().primaryKey(),
    topic: text().notNull(),
    /** Small and unique: what stands for the cluster inside a prompt's id. Given by `ensureTopics`. */
    number: integer().notNull(),
    createdAt: integer("created_at").notNull(),
    /** The cluster it went into; its names lead there. */
    mergedInto: text("merged_into"),
    /** Counts the changes of its lessons: an edit of an older version is refused. */
    guidanceVersion: integer("guidance_version").notNull(),
    /** Outcomes count from here on; set when a person changes the guidance or switches it on again. */
    testedSince: integer("tested_since").notNull(),
    /** Its guidance did harm: almost all its prompts go out plain. Set by `judgeGuidance`. */
    switchedOff: integer("switched_off", { mode: "boolean" }).notNull(),
    /** When that was last switched, or a lesson retired because it did harm: outcomes count from here on as well. */
    switchedAt: integer("switched_at").notNull(),
    /** The newest failure that lessons were distilled from. */
    distilledTo: text("distilled_to"),
    /** Older failures that are to be read: they came late, or a lesson learned from them went with an erased one. */
    unread: text({ mode: "json" }).$type<string[]>().notNull(),
    /** No further distilling before. */
    distillDueAt: integer("distill_due_at").notNull(),
    /** Lessons of the model's that `guards/check-lesson.ts` refused, ever. */
    lessonsRefused: integer("lessons_refused").notNull(),
  },
  (t) => [uniqueIndex("clusters_number").on(t.number), index("clusters_merged").on(t.mergedInto)],
);

/** Every spelling key (see `topicKey`) that leads to a cluster. */
export const clusterTopics = sqliteTable("cluster_topics", {
  key: text().primaryKey(),
  clusterId: text("cluster_id")
    .notNull()
    .references(() => clusters.id),
});

/** One lesson of a cluster. Never rewritten: a sharper one replaces it, so that its history and its counts stay true. */
export const lessons = sqliteTable(
  "lessons",
  {
    id: text().primaryKey(),
    clusterId: text("cluster_id")
      .notNull()
      .references(() => clusters.id),
    /** Its place among the cluster's lessons, 0 to 11: prompt ids name lessons by it. Null: it waits, in no prompt yet. */
    slot: integer(),
    failureCategory: text("failure_category"),
    text: text().notNull(),
    source: text().$type<"model" | "person">().notNull(),
    /** A person's word that it stays: the model neither sharpens nor retires it. */
    pinned: integer({ mode: "boolean" }).notNull(),
    /** Ids of the failures it was learned from. */
    evidence: text({ mode: "json" }).$type<string[]>().notNull(),
    /** Of these, one for each time that the model came to it from other customers: see `context/served-lessons.ts`. */
    witnesses: text({ mode: "json" }).$type<string[]>().notNull(),
    /** All failures that the model read those times: their customers bear it out no second time. */
    heard: text({ mode: "json" }).$type<string[]>().notNull(),
    /** Who approved a lesson of the model's. */
    approvedBy: text("approved_by"),
    /** The lesson it took the place of, or will once it is served. */
    replaces: text(),
    createdAt: integer("created_at").notNull(),
    retiredAt: integer("retired_at"),
  },
  (t) => [
    index("lessons_cluster").on(t.clusterId, t.retiredAt),
    index("lessons_against").on(t.clusterId, t.failureCategory, t.createdAt),
    uniqueIndex("lessons_slot").on(t.clusterId, t.slot).where(sql`retired_at is null`),
  ],
);

/** What people did to clusters, and what the evidence did to their guidance; kept for good. */
export const clusterChanges = sqliteTable(
  "cluster_changes",
  {
    id: text().primaryKey(),
    clusterId: text("cluster_id").notNull(),
    kind: text().$type<"rename" | "merge" | "split" | "switched_off" | "switched_on" | "lesson_retired">().notNull(),
    /** What it was and what it became. */
    detail: text({ mode: "json" }).$type<Record<string, string | number>>().notNull(),
    actor: text().notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [index("cluster_changes_cluster").on(t.clusterId, t.id)],
);
