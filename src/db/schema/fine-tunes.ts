import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { ExportOptions } from "./exports.ts";
import type { Comparison, JudgeSample, Pairwise } from "./judge.ts";

/** `cancelling`: it is to end, and the provider has not confirmed yet that no job of it trains. */
export const FINE_TUNE_STATUSES = [
  "uploading",
  "starting",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
] as const;
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
    /** The address of the provider that its files go to: they can be deleted only there. */
    provider: text().notNull(),
    exportSha256: text("export_sha256").notNull(),
    /** What the export was asked for: it may be gone later, and what the model learned from is still shown. */
    exportOptions: text("export_options", { mode: "json" }).$type<ExportOptions>(),
    /** The files it is trained on: the generation of the export when it was asked for. */
    generation: integer().notNull(),
    options: text({ mode: "json" }).$type<FineTuneOptions>().notNull(),
    status: text().$type<FineTuneStatus>().notNull(),
    /** The state as the provider names it, whatever that is. */
    providerStatus: text("provider_status"),
    uploads: text({ mode: "json" }).$type<FineTuneUploads>().notNull(),
    /** Length of its own copy of the export's list of improvements, in bytes; null until it is there. */
    sidecarBytes: integer("sidecar_bytes"),
    jobId: text("job_id"),
    model: text(),
    trainedTokens: integer("trained_tokens"),
    events: text({ mode: "json" }).$type<{ at: number; level: string; message: string }[]>().notNull(),
    loss: text({ mode: "json" }).$type<LossPoint[]>().notNull(),
    error: text(),
    createdAt: integer("created_at").notNull(),
    finishedAt: integer("finished_at"),
  },
  (t) => [index("fine_tunes_job").on(t.jobId).where(sql`job_id is not null`)],
);

/** What was sent to the provider for a fine-tune, a row each, until long after it was deleted there. */
export const providerFiles = sqliteTable(
  "provider_files",
  {
    fineTuneId: text("fine_tune_id").notNull(),
    /** The provider's id. */
    id: text().notNull(),
    /** An upload is one in parts that was not completed: it has no file yet. */
    kind: text().$type<"file" | "upload">().notNull(),
    createdAt: integer("created_at").notNull(),
    deletedAt: integer("deleted_at"),
    /** Why it could not be deleted the last time. */
    error: text(),
  },
  (t) => [
    primaryKey({ columns: [t.fineTuneId, t.id] }),
    index("provider_files_there").on(t.fineTuneId).where(sql`deleted_at is null`),
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

export const COMPARISON_STATUSES = ["queued", "running", "done", "failed", "cancelled"] as const;
export type ComparisonStatus = (typeof COMPARISON_STATUSES)[number];

/** Why a failure counts as unseen by the tuned model; see `fine-tunes/comparison/unseen.ts`. */
export const UNSEEN = ["held_out", "later", "left_out"] as const;
export type Unseen = (typeof UNSEEN)[number];

/** A tuned model against the model it was tuned from, on failures that it has not seen. */
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
    /** Why nothing is happening, while it waits. */
    waiting: text(),
    error: text(),
    createdAt: integer("created_at").notNull(),
    finishedAt: integer("finished_at"),
  },
  (t) => [
    index("comparisons_fine_tune").on(t.fineTuneId, t.id),
    uniqueIndex("comparisons_open").on(t.fineTuneId).where(sql`finished_at is null`),
  ],
);

/** What counts as no answer: of the model's own making, not of the server's. */
export const LOST_REPLIES = ["empty", "cut_off", "refused", "filtered"] as const;
export type LostReply = (typeof LOST_REPLIES)[number];

/** Everything the judge said about the two replies of a case. */
export interface CaseJudgement {
  base: JudgeSample[];
  tuned: JudgeSample[];
  /** `old` is the base model's reply, `new` the tuned one's. */
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
    /** Why a model gave no reply that could be sent: it loses then. */
    baseLost: text("base_lost").$type<LostReply>(),
    tunedLost: text("tuned_lost").$type<LostReply>(),
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

/** Every change of the bot's model, kept for good; the newest counts. */
export const botModelChanges = sqliteTable("bot_model_changes", {
  id: text().primaryKey(),
  /** Null: the tuned model was taken back. */
  fineTuneId: text("fine_tune_id"),
  model: text(),
  actor: text().notNull(),
  createdAt: integer("created_at").notNull(),
});
