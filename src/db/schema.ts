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
    index("failed_replies_rated").on(t.id).where(sql`ai_rating is not null`),
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

/** Tokens by day (UTC, `2026-01-31`): what the daily budget is held against. */
export const dailyUsage = sqliteTable("daily_usage", {
  day: text().primaryKey(),
  modelCalls: integer("model_calls").notNull(),
  inputTokens: integer("input_tokens").notNull(),
  outputTokens: integer("output_tokens").notNull(),
  /** Of lessons and the judge's controls; apart, because they may take only a share of the budget. */
  otherTokens: integer("other_tokens").notNull().default(0),
});

/** One row, shared by all consumers: whether corrections may begin. Its states are those of `corrections/gate.ts`. */
export const gate = sqliteTable("correction_gate", {
  id: integer().primaryKey(),
  code: text(),
  reason: text(),
  until: integer(),
  /** Failures of the provider in a row. */
  failures: integer().notNull(),
  /** Which key, address and models the pause is about. */
  setup: text(),
});

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

/** One sample of the judge: its words, then its scores. */
export interface JudgeSample {
  reasons: string;
  /** Whether it found the agent's reply to be an answer at all; null where it did not say. */
  usable_reference: boolean | null;
  accuracy: number;
  completeness: number;
  tone: number;
  rating: number;
}

/** One comparison of the two replies; which of them stood first decides a third of such verdicts, so both orders are asked. */
export interface Comparison {
  first: "old" | "new";
  reasons: string;
  winner: "old" | "new" | "tie";
}

/** How the improved reply did against the old one, face to face in both orders. Unknown: it was not compared. */
export const PAIRWISE = ["won", "lost", "tie", "unknown"] as const;
export type Pairwise = (typeof PAIRWISE)[number];

/** Everything the judge said about the two replies; empty where it gave no usable answer. */
export interface Judgement {
  rubric: string;
  old: JudgeSample[];
  new: JudgeSample[];
  comparisons: Comparison[];
}

/** What a guard found in a reply, in words for people. */
export interface GuardFinding {
  guard: string;
  severity: "refuse" | "warn";
  detail: string;
}

/** Where an improvement without a gain stands in the leaderboard: below every gain there can be. */
export const UNSCORED_RANK = -1000;

/** What a correction brought. One row per failure is current; a redo adds a version. */
export const improvements = sqliteTable(
  "ai_reply_improvements",
  {
    /**
     * Counts up in the order of commits. As the table's own key it lets an export read the table in order without
     * an index beside it: half the rows read, which D1 bills.
     */
    seq: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    promptId: text("prompt_id")
      .notNull()
      .references(() => prompts.id),
    failedReplyId: text("failed_reply_id")
      .notNull()
      .references(() => failedReplies.id),
    /** Counts up with every redo and every review of the failure's improvement; a review names the one it saw. */
    version: integer().notNull(),
    isCurrent: integer("is_current", { mode: "boolean" }).notNull(),
    /** The prompt's text once more, so that an export reads one row for each line. Filled by `storeImprovement`. */
    originalPrompt: text("original_prompt").notNull(),
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
    pairwise: text().$type<Pairwise>().notNull(),
    /** What the guards found in `correctedReply`. */
    guardFindings: text("guard_findings", { mode: "json" }).$type<GuardFinding[]>().notNull(),
    /** A person changed the text after it was judged: ratings and gain are those of the text before. */
    edited: integer({ mode: "boolean" }).notNull(),
    failureCategory: text("failure_category"),
    clusterId: text("cluster_id").references(() => clusters.id),
    /** Who wrote the agent's reply, where the failure's metadata names an agent. */
    agent: text(),
    model: text().notNull(),
    judgeModel: text("judge_model"),
    reviewStatus: text("review_status").$type<ReviewStatus>().notNull(),
    createdAt: integer("created_at").notNull(),
    /** The leaderboard's order: the lower bound of the gain. Unscored rows stand below every scored one, here and next. */
    rank: real().notNull(),
    /** The gain itself, for that order and for totals. */
    meanRank: real("mean_rank").notNull(),
    /** The order of the review queue: how much this needs a person. */
    doubt: real().notNull(),
  },
  (t) => [
    uniqueIndex("improvements_current").on(t.failedReplyId).where(sql`is_current = 1`),
    uniqueIndex("improvements_version").on(t.failedReplyId, t.version),
    index("improvements_prompt").on(t.promptId),
    // Every index ends with the table's key, so this one has a cluster's rows in the order of exports.
    index("improvements_cluster").on(t.clusterId),
    index("improvements_rank").on(t.isCurrent, t.rank, t.id),
    index("improvements_newest").on(t.isCurrent, t.id),
    index("improvements_category_rank").on(t.isCurrent, t.failureCategory, t.rank, t.id),
    index("improvements_category_newest").on(t.isCurrent, t.failureCategory, t.id),
    index("improvements_cluster_rank").on(t.isCurrent, t.clusterId, t.rank, t.id),
    index("improvements_cluster_newest").on(t.isCurrent, t.clusterId, t.id),
    index("improvements_review_rank").on(t.isCurrent, t.reviewStatus, t.rank, t.id),
    index("improvements_review_newest").on(t.isCurrent, t.reviewStatus, t.id),
    index("improvements_mean").on(t.isCurrent, t.meanRank, t.id),
    index("improvements_category_mean").on(t.isCurrent, t.failureCategory, t.meanRank, t.id),
    index("improvements_cluster_mean").on(t.isCurrent, t.clusterId, t.meanRank, t.id),
    index("improvements_review_mean").on(t.isCurrent, t.reviewStatus, t.meanRank, t.id),
    index("improvements_agent_mean").on(t.isCurrent, t.agent, t.meanRank),
    index("improvements_doubt").on(t.isCurrent, t.reviewStatus, t.doubt, t.id),
  ],
);

/** A person's decision on an improvement, kept for good: who, what, when. */
export const reviews = sqliteTable(
  "reviews",
  {
    id: text().primaryKey(),
    /** Goes with the improvement when that is erased, because a review may hold its text. */
    improvementId: text("improvement_id")
      .notNull()
      .references(() => improvements.id, { onDelete: "cascade" }),
    /** The improvement's version that the person saw. */
    version: integer().notNull(),
    decision: text().$type<"approve" | "reject">().notNull(),
    note: text(),
    /** The text that an edit replaced: the one that was judged, or an earlier edit. Null: nothing was edited. */
    replacedReply: text("replaced_reply"),
    decidedBy: text("decided_by").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [uniqueIndex("reviews_version").on(t.improvementId, t.version)],
);

export const CONTROL_STATUSES = ["queued", "running", "done", "failed"] as const;
export type ControlStatus = (typeof CONTROL_STATUSES)[number];

/** A run of the judge's controls over a sample of failures. */
export const judgeControls = sqliteTable(
  "judge_controls",
  {
    id: text().primaryKey(),
    status: text().$type<ControlStatus>().notNull(),
    judgeModel: text("judge_model").notNull(),
    /** The failures it takes, drawn when it was asked for. */
    failureIds: text("failure_ids", { mode: "json" }).$type<string[]>().notNull(),
    error: text(),
    attempts: integer().notNull(),
    dueAt: integer("due_at"),
    createdAt: integer("created_at").notNull(),
    finishedAt: integer("finished_at"),
  },
  (t) => [index("judge_controls_due").on(t.dueAt).where(sql`due_at is not null`)],
);

/** What the judge gave in the controls, 0 to 100; null where it gave no usable answer. Holds no customer text. */
export const judgeControlRatings = sqliteTable(
  "judge_control_ratings",
  {
    controlId: text("control_id").notNull(),
    failedReplyId: text("failed_reply_id").notNull(),
    /** The agent's reply, rated against itself. */
    agentRating: real("agent_rating"),
    /** The old reply, rated twice by separate calls. */
    oldRating: real("old_rating"),
    oldRatingAgain: real("old_rating_again"),
    /** The old reply with words added that say nothing. */
    paddedRating: real("padded_rating"),
  },
  (t) => [uniqueIndex("judge_control_ratings_case").on(t.controlId, t.failedReplyId)],
);

export const EXPORT_FORMATS = ["openai-sft", "openai-dpo", "trl-sft", "trl-dpo"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What an export was asked for, as the contract names it; times in milliseconds. */
export interface ExportOptions {
  format: ExportFormat;
  min_gain: number;
  system?: "none" | "guided";
  reply?: "corrected" | "agent";
  review?: ReviewStatus;
  failure_category?: string;
  topic?: string;
  since?: number;
  until?: number;
  validation_fraction?: number;
}

/** A file of an export, as it stands in R2. */
export interface ExportFile {
  rows: number;
  bytes: number;
  sha256: string;
}

/** The files of an export beside the training file, by their name in the API. */
export type ExportFiles = Partial<Record<"validation_data.jsonl" | "improvements.jsonl" | "skipped.jsonl", ExportFile>>;

/** One training file. The file itself is in R2 under `exports/<id>/<generation>/`. */
export const exportsTable = sqliteTable(
  "exports",
  {
    id: text().primaryKey(),
    status: text().$type<ExportStatus>().notNull(),
    options: text({ mode: "json" }).$type<ExportOptions>().notNull(),
    /** The newest improvement (`seq`) when it was asked for: what came later is not in it. */
    boundary: integer(),
    /** The improvement (`seq`) it has come to, while it is written. */
    cursor: integer(),
    /** Lines of the training file, and of the validation file; both count up while they are written. */
    rows: integer().notNull(),
    validationRows: integer("validation_rows").notNull().default(0),
    bytes: integer().notNull(),
    sha256: text(),
    files: text({ mode: "json" }).$type<ExportFiles>(),
    /** Tokens of the training file, estimated. */
    tokens: integer(),
    /** Lines in which personal data was found when they were written. */
    redacted: integer().notNull().default(0),
    /** How many improvements were left out, by reason. */
    skipped: text({ mode: "json" }).$type<Record<string, number>>().notNull(),
    warning: text(),
    error: text(),
    /** Claims, ever: the fencing token. Whoever erases, cancels or rebuilds raises it, and the writer has lost. */
    attempts: integer().notNull(),
    /** Claims since it last came forward. */
    tries: integer().notNull().default(0),
    /** The claim whose files these are. */
    generation: integer().notNull().default(0),
    /** When a text in it was erased; its data files are gone until it is rebuilt. */
    staleAt: integer("stale_at"),
    dueAt: integer("due_at"),
    createdAt: integer("created_at").notNull(),
    finishedAt: integer("finished_at"),
  },
  (t) => [
    index("exports_status").on(t.status, t.id),
    index("exports_due").on(t.dueAt).where(sql`due_at is not null`),
    index("exports_finished").on(t.finishedAt).where(sql`finished_at is not null`),
  ],
);

/** How far a running export has come: what a resumed one needs to write the same bytes (see `exports/checkpoint.ts`). */
export const exportCheckpoints = sqliteTable("export_checkpoints", {
  exportId: text("export_id").primaryKey(),
  state: text({ mode: "json" }).$type<unknown>().notNull(),
  /** What it stands for holds erased text, or is not wanted any more: nothing of it may be used. */
  discarded: integer({ mode: "boolean" }).notNull().default(false),
});

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
  (t) => [
    index("erasures_open").on(t.erasedAt).where(sql`finished_at is null`),
    index("erasures_external_id").on(t.externalIdHash).where(sql`external_id_hash is not null`),
  ],
);

export const FINE_TUNE_STATUSES = ["uploading", "starting", "running", "succeeded", "failed", "cancelled"] as const;
export type FineTuneStatus = (typeof FINE_TUNE_STATUSES)[number];

/** What a fine-tune was asked for, as the contract names it. */
export interface FineTuneOptions {
  base_model: string;
  method: "supervised" | "dpo";
  suffix?: string;
  hyperparameters?: Record<string, number | "auto">;
}

/** One point of the loss curve. */
export interface LossPoint {
  step: number;
  train_loss: number | null;
  valid_loss: number | null;
}

/** What of the files has reached the provider: by file, its id there, or the parts of an upload that goes on. */
export interface FineTuneUploads {
  training?: { file_id?: string; upload_id?: string; part_ids?: string[] };
  validation?: { file_id?: string; upload_id?: string; part_ids?: string[] };
}

/** A training job at a provider, started from an export. */
export const fineTunes = sqliteTable(
  "fine_tunes",
  {
    id: text().primaryKey(),
    exportId: text("export_id").notNull(),
    exportSha256: text("export_sha256").notNull(),
    /** What the export was asked for: it may be gone later, and what the model learned from is still to be told. */
    exportOptions: text("export_options", { mode: "json" }).$type<ExportOptions>(),
    /** The files it is trained on: the generation of the export when it was asked for. */
    generation: integer().notNull(),
    options: text({ mode: "json" }).$type<FineTuneOptions>().notNull(),
    status: text().$type<FineTuneStatus>().notNull(),
    /** The state as the provider names it, whatever that is. */
    providerStatus: text("provider_status"),
    uploads: text({ mode: "json" }).$type<FineTuneUploads>().notNull(),
    jobId: text("job_id"),
    model: text(),
    trainedTokens: integer("trained_tokens"),
    events: text({ mode: "json" }).$type<{ at: number; level: string; message: string }[]>().notNull(),
    loss: text({ mode: "json" }).$type<LossPoint[]>().notNull(),
    error: text(),
    attempts: integer().notNull(),
    dueAt: integer("due_at"),
    createdAt: integer("created_at").notNull(),
    finishedAt: integer("finished_at"),
  },
  (t) => [
    index("fine_tunes_export").on(t.exportId),
    index("fine_tunes_job").on(t.jobId).where(sql`job_id is not null`),
    index("fine_tunes_due").on(t.dueAt).where(sql`due_at is not null`),
  ],
);

/** Webhook deliveries that were taken, by the sender's id for each: one that comes again does nothing. */
export const webhookDeliveries = sqliteTable(
  "webhook_deliveries",
  {
    id: text().primaryKey(),
    receivedAt: integer("received_at").notNull(),
  },
  (t) => [index("webhook_deliveries_received").on(t.receivedAt)],
);

export const COMPARISON_STATUSES = ["queued", "running", "done", "failed"] as const;
export type ComparisonStatus = (typeof COMPARISON_STATUSES)[number];

/** Why a failure counts as unseen by the tuned model; see `exports/fine-tunes/comparison/unseen.ts`. */
export const UNSEEN = ["held_out", "later", "left_out"] as const;
export type Unseen = (typeof UNSEEN)[number];

/** A tuned model beside the model it was tuned from, on failures that it has not seen. */
export const comparisons = sqliteTable(
  "fine_tune_comparisons",
  {
    id: text().primaryKey(),
    fineTuneId: text("fine_tune_id").notNull(),
    status: text().$type<ComparisonStatus>().notNull(),
    /** The most failures it takes. */
    caseLimit: integer("case_limit").notNull(),
    baseModel: text("base_model").notNull(),
    tunedModel: text("tuned_model").notNull(),
    judgeModel: text("judge_model").notNull(),
    judgeSamples: integer("judge_samples").notNull(),
    rubric: text().notNull(),
    tokens: integer().notNull(),
    /** Why it stands still, where it does. */
    waiting: text(),
    error: text(),
    /** Messages in a row that brought it no further. */
    faults: integer().notNull(),
    dueAt: integer("due_at"),
    createdAt: integer("created_at").notNull(),
    finishedAt: integer("finished_at"),
  },
  (t) => [
    index("comparisons_fine_tune").on(t.fineTuneId, t.id),
    uniqueIndex("comparisons_open").on(t.fineTuneId).where(sql`finished_at is null`),
    index("comparisons_due").on(t.dueAt).where(sql`due_at is not null`),
  ],
);

/** Everything the judge said about the two replies of a case. */
export interface CaseJudgement {
  base: JudgeSample[];
  tuned: JudgeSample[];
  /** `old` stands for the base model's reply, `new` for the tuned one's. */
  comparisons: Comparison[];
}

/** One failure replayed against both models. Its texts go when the failure is erased; its numbers hold none. */
export const comparisonCases = sqliteTable(
  "fine_tune_comparison_cases",
  {
    comparisonId: text("comparison_id").notNull(),
    position: integer().notNull(),
    failedReplyId: text("failed_reply_id").notNull(),
    unseen: text().$type<Unseen>().notNull(),
    clusterId: text("cluster_id"),
    status: text().$type<"open" | "scored" | "unscored">().notNull(),
    /** Why it is unscored. */
    reasonCode: text("reason_code"),
    baseReply: text("base_reply"),
    tunedReply: text("tuned_reply"),
    /** Whole numbers, 0 to 100; null when the reply could not be judged. */
    baseRating: integer("base_rating"),
    tunedRating: integer("tuned_rating"),
    /** How the tuned model's reply did against the base model's, in both orders. */
    pairwise: text().$type<Pairwise>().notNull(),
    judgement: text({ mode: "json" }).$type<CaseJudgement>(),
    tries: integer().notNull(),
    endedAt: integer("ended_at"),
  },
  (t) => [
    uniqueIndex("comparison_cases_position").on(t.comparisonId, t.position),
    index("comparison_cases_status").on(t.comparisonId, t.status, t.tries, t.position),
    index("comparison_cases_failure").on(t.failedReplyId),
  ],
);

/** Every change of the bot's model, kept for good; the newest is in force. */
export const botModelChanges = sqliteTable("bot_model_changes", {
  id: text().primaryKey(),
  /** Null: the tuned model was taken back. */
  fineTuneId: text("fine_tune_id"),
  model: text(),
  actor: text().notNull(),
  createdAt: integer("created_at").notNull(),
});

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
