import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ReviewStatus } from "./improvements.ts";

export const EXPORT_STATUSES = ["queued", "running", "done", "failed", "cancelled"] as const;
export type ExportStatus = (typeof EXPORT_STATUSES)[number];

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
    /** How often writing began from the first row; each time its files get a place of their own. */
    begun: integer().notNull().default(0),
    /** The beginning whose files these are. */
    generation: integer().notNull().default(0),
    /** Written again: its address may have had other bytes. */
    rebuilt: integer({ mode: "boolean" }).notNull().default(false),
    /** When a text in it was erased or withdrawn; its data files are closed until it is rebuilt. */
    staleAt: integer("stale_at"),
    /** Null where it is stale: erased, and the data files are gone. */
    staleReason: text("stale_reason").$type<"withdrawn">(),
    createdAt: integer("created_at").notNull(),
    finishedAt: integer("finished_at"),
  },
  (t) => [
    index("exports_status").on(t.status, t.id),
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
