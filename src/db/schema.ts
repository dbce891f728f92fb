import { sql } from "drizzle-orm";
import { index, integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/*
 * All tables, in the order of the flow. Ids are UUID v7, so that ordering by id is ordering by time.
 * Times are integers, milliseconds since 1970 UTC. Enums are checked where values enter (zod), not by the database.
 */

export const FAILURE_STATUSES = ["pending", "correcting", "improved", "needs_human", "failed"] as const;
export type FailureStatus = (typeof FAILURE_STATUSES)[number];

export const REVIEW_STATUSES = ["unreviewed", "approved", "rejected"] as const;
export type ReviewStatus = (typeof REVIEW_STATUSES)[number];

export const EXPORT_STATUSES = ["queued", "running", "done", "failed", "cancelled"] as const;
export type ExportStatus = (typeof EXPORT_STATUSES)[number];

/** One turn of a conversation with a customer. */
export interface Turn {
  role: "user" | "assistant";
  content: string;
}

/** Which failures a correction run takes. Times in milliseconds. */
export interface RunFilter {
  failure_category?: string;
  topic?: string;
  since?: number;
  limit?: number;
  redo?: "failed";
}

/** What the AI was asked: the customer's message, the turns before it, and where to see it in the helpdesk. */
export const prompts = sqliteTable("prompts", {
  id: text().primaryKey(),
  originalPrompt: text("original_prompt").notNull(),
  conversation: text({ mode: "json" }).$type<Turn[]>(),
  contextUrl: text("context_url"),
  createdAt: integer("created_at").notNull(),
});

/** Who named a failure's topic or category. */
export type NameSource = "helpdesk" | "model" | "router" | "person";

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
    /** The newest failure that lessons were distilled from. */
    distilledTo: text("distilled_to"),
    /** No further distilling before. */
    distillDueAt: integer("distill_due_at").notNull(),
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

/** A reply the AI got wrong, with the agent's own. The state columns belong to `failures/failure-state.ts`. */
export const failedReplies = sqliteTable(
  "failed_replies",
  {
    id: text().primaryKey(),
    promptId: text("prompt_id")
      .notNull()
      .references(() => prompts.id),
    externalId: text("external_id"),
    /** SHA-256 of what was sent: tells a repeated delivery from another failure under the same external id. */
    contentHash: text("content_hash").notNull(),
    aiReply: text("ai_reply").notNull(),
    agentReply: text("agent_reply").notNull(),
    failureExplanation: text("failure_explanation"),
    failureCategory: text("failure_category"),
    failureCategorySource: text("failure_category_source").$type<NameSource>(),
    clusterId: text("cluster_id").references(() => clusters.id),
    topicSource: text("topic_source").$type<NameSource>(),
    /** The prompt of ours that the failed reply was written from, where the helpdesk says so. */
    servedPromptId: text("served_prompt_id"),
    aiRating: real("ai_rating"),
    agentRating: real("agent_rating"),
    channel: text(),
    model: text(),
    metadata: text({ mode: "json" }).$type<Record<string, unknown>>(),
    occurredAt: integer("occurred_at").notNull(),
    status: text().$type<FailureStatus>().notNull(),
    dueAt: integer("due_at"),
    attempts: integer().notNull(),
    tries: integer().notNull(),
    reasonCode: text("reason_code"),
    reason: text(),
    runId: text("run_id"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [
    uniqueIndex("failed_replies_external_id").on(t.externalId),
    index("failed_replies_prompt").on(t.promptId),
    index("failed_replies_status").on(t.status, t.id),
    index("failed_replies_category").on(t.failureCategory, t.id),
    index("failed_replies_cluster").on(t.clusterId, t.id),
    index("failed_replies_cluster_category").on(t.clusterId, t.failureCategory),
    index("failed_replies_cluster_occurred").on(t.clusterId, t.occurredAt),
    index("failed_replies_run").on(t.runId, t.status),
    index("failed_replies_due").on(t.dueAt).where(sql`due_at is not null`),
  ],
);

/** A correction fanned out over many failures. */
export const correctionRuns = sqliteTable("correction_runs", {
  id: text().primaryKey(),
  filter: text({ mode: "json" }).$type<RunFilter>().notNull(),
  /** How many failures it takes, counted when it was asked for. */
  total: integer().notNull(),
  /** The fan-out goes from `cursor` (exclusive) to `boundary` (inclusive): the newest failure when the run began. */
  cursor: text(),
  boundary: text(),
  taken: integer().notNull(),
  fannedOutAt: integer("fanned_out_at"),
  startedAt: integer("started_at").notNull(),
});

/** One try at a correction, kept for good: what it cost, how it ended. Holds no customer text. */
export const correctionAttempts = sqliteTable(
  "correction_attempts",
  {
    failedReplyId: text("failed_reply_id").notNull(),
    attempt: integer().notNull(),
    runId: text("run_id"),
    /** The state it left the failure in; `pending` when it is to be tried again. */
    outcome: text().$type<FailureStatus>().notNull(),
    reasonCode: text("reason_code"),
    modelCalls: integer("model_calls").notNull(),
    inputTokens: integer("input_tokens").notNull(),
    outputTokens: integer("output_tokens").notNull(),
    endedAt: integer("ended_at").notNull(),
  },
  (t) => [
    uniqueIndex("correction_attempts_failure").on(t.failedReplyId, t.attempt),
    index("correction_attempts_run").on(t.runId, t.outcome),
    index("correction_attempts_ended").on(t.endedAt),
  ],
);

/** One sample of the judge: its words, then its scores. */
export interface JudgeSample {
  reasons: string;
  accuracy: number;
  completeness: number;
  tone: number;
  rating: number;
}

/** Everything the judge said about the two replies; null where it gave no usable answer. */
export interface Judgement {
  rubric: string;
  old: JudgeSample[];
  new: JudgeSample[];
}

/** Where an improvement without a gain stands in the leaderboard: below every gain there can be. */
export const UNSCORED_RANK = -1000;

/** What a correction brought. One row per failure is current; a redo adds a version. */
export const improvements = sqliteTable(
  "ai_reply_improvements",
  {
    id: text().primaryKey(),
    promptId: text("prompt_id")
      .notNull()
      .references(() => prompts.id),
    failedReplyId: text("failed_reply_id")
      .notNull()
      .references(() => failedReplies.id),
    version: integer().notNull(),
    isCurrent: integer("is_current", { mode: "boolean" }).notNull(),
    originalReply: text("original_reply").notNull(),
    correctedReply: text("corrected_reply").notNull(),
    /** Whole numbers, 0 to 100; null when the reply could not be judged (unscored). */
    oldRating: integer("old_rating"),
    newRating: integer("new_rating"),
    /** New rating minus old rating, -100 to 100. */
    scoreGainEstimate: integer("score_gain_estimate"),
    /** Standard error of the gain over the judge's samples, in points; null with fewer than two samples. */
    gainSpread: real("gain_spread"),
    judgement: text({ mode: "json" }).$type<Judgement>(),
    failureCategory: text("failure_category"),
    clusterId: text("cluster_id").references(() => clusters.id),
    model: text().notNull(),
    judgeModel: text("judge_model"),
    reviewStatus: text("review_status").$type<ReviewStatus>().notNull(),
    createdAt: integer("created_at").notNull(),
    /** The leaderboard's order: the gain, with unscored rows below every scored one. Written by `storeImprovement`. */
    rank: real().notNull(),
  },
  (t) => [
    uniqueIndex("improvements_current").on(t.failedReplyId).where(sql`is_current = 1`),
    uniqueIndex("improvements_version").on(t.failedReplyId, t.version),
    index("improvements_prompt").on(t.promptId),
    index("improvements_rank").on(t.isCurrent, t.rank, t.id),
    index("improvements_newest").on(t.isCurrent, t.id),
    index("improvements_category_rank").on(t.isCurrent, t.failureCategory, t.rank, t.id),
    index("improvements_category_newest").on(t.isCurrent, t.failureCategory, t.id),
    index("improvements_cluster_rank").on(t.isCurrent, t.clusterId, t.rank, t.id),
    index("improvements_cluster_newest").on(t.isCurrent, t.clusterId, t.id),
    index("improvements_review_rank").on(t.isCurrent, t.reviewStatus, t.rank, t.id),
    index("improvements_review_newest").on(t.isCurrent, t.reviewStatus, t.id),
  ],
);

/** What an export was asked for, as the contract names it; times in milliseconds. */
export interface ExportOptions {
  format: "openai-sft";
  min_gain: number;
  failure_category?: string;
  topic?: string;
  since?: number;
  until?: number;
}

/** One training file. The file itself is in R2 under `exports/<id>/`. */
export const exportsTable = sqliteTable(
  "exports",
  {
    id: text().primaryKey(),
    status: text().$type<ExportStatus>().notNull(),
    options: text({ mode: "json" }).$type<ExportOptions>().notNull(),
    /** The newest improvement when it was asked for: what came later is not in it. */
    boundary: text(),
    rows: integer().notNull(),
    bytes: integer().notNull(),
    sha256: text(),
    /** How many improvements were left out, by reason. */
    skipped: text({ mode: "json" }).$type<Record<string, number>>().notNull(),
    warning: text(),
    error: text(),
    attempts: integer().notNull(),
    dueAt: integer("due_at"),
    createdAt: integer("created_at").notNull(),
    finishedAt: integer("finished_at"),
  },
  (t) => [index("exports_status").on(t.status, t.id), index("exports_due").on(t.dueAt).where(sql`due_at is not null`)],
);

/** One lesson of a cluster. Never rewritten: a sharper one replaces it, so that its history and its counts stay true. */
export const lessons = sqliteTable(
  "lessons",
  {
    id: text().primaryKey(),
    clusterId: text("cluster_id")
      .notNull()
      .references(() => clusters.id),
    /** Its place among the cluster's lessons in force, 0 to 11: prompt ids name lessons by it. */
    slot: integer().notNull(),
    failureCategory: text("failure_category"),
    text: text().notNull(),
    source: text().$type<"model" | "person">().notNull(),
    /** A person's word that it stays: the model neither sharpens nor retires it. */
    pinned: integer({ mode: "boolean" }).notNull(),
    /** Ids of the failures it was learned from. */
    evidence: text({ mode: "json" }).$type<string[]>().notNull(),
    /** The lesson it took the place of. */
    replaces: text(),
    createdAt: integer("created_at").notNull(),
    retiredAt: integer("retired_at"),
  },
  (t) => [
    index("lessons_cluster").on(t.clusterId, t.retiredAt),
    uniqueIndex("lessons_slot").on(t.clusterId, t.slot).where(sql`retired_at is null`),
  ],
);

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

/** What people did to clusters, kept for good. */
export const clusterChanges = sqliteTable(
  "cluster_changes",
  {
    id: text().primaryKey(),
    clusterId: text("cluster_id").notNull(),
    kind: text().$type<"rename" | "merge" | "split">().notNull(),
    /** What it was and what it became. */
    detail: text({ mode: "json" }).$type<Record<string, string | number>>().notNull(),
    actor: text().notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [index("cluster_changes_cluster").on(t.clusterId, t.id)],
);

/** The one training of the router: who holds it, and what the last one learned. */
export const routerTraining = sqliteTable("router_training", {
  id: text().primaryKey(),
  /** Held by a training until then. */
  leaseUntil: integer("lease_until").notNull(),
  /** Clusters were renamed, merged or split, or a person asked: train even when little is new. */
  requestedAt: integer("requested_at"),
  version: text(),
  topics: integer().notNull(),
  examples: integer().notNull(),
  bytes: integer().notNull(),
  trainingMs: integer("training_ms").notNull(),
  /** The newest failure when the last training began. */
  boundary: text().notNull(),
  trainedAt: integer("trained_at").notNull(),
});
