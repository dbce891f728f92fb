import { z } from "@hono/zod-openapi";
import { EXPORT_FORMATS, EXPORT_STATUSES } from "../db/schema/exports.ts";
import { REVIEW_STATUSES } from "../db/schema/improvements.ts";
import { filterTime, kindFilter } from "../http/fields.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";

/** Whoever asks for more than half has mistyped. */
const MOST_HELD_OUT = 0.5;

export const exportInput = z
  .strictObject({
    ...kindFilter,
    format: z
      .enum(EXPORT_FORMATS, `must be one of ${EXPORT_FORMATS.join(", ")}`)
      .optional()
      .openapi({ description: "Default: openai-sft." }),
    system: z.enum(["none", "guided"], "must be none or guided").optional().openapi({
      description:
        "guided: each line begins with the system message that /v1/prompts would have served before this failure: without what was learned from it alone, or from held-out failures alone. Default: none.",
    }),
    reply: z.enum(["corrected", "agent"], "must be corrected or agent").optional().openapi({
      description: "The reply to learn: the corrected one, or the agent's own. Default: corrected.",
    }),
    review: z.enum(REVIEW_STATUSES, `must be one of ${REVIEW_STATUSES.join(", ")}`).optional(),
    validation_fraction: z.number().min(0).max(MOST_HELD_OUT).optional().openapi({
      description:
        "The share of lines that is drawn for validation_data.jsonl; those near a training line stay in training. Default: 0.",
    }),
    min_gain: z.int().min(-100).max(100).optional().openapi({ description: "Default: the setting MIN_EXPORT_GAIN." }),
    since: filterTime.optional().openapi({ description: "Only improvements made at or after this time." }),
    until: filterTime.optional().openapi({ description: "Only improvements made before this time." }),
  })
  .openapi("ExportInput");
export type ExportInput = z.infer<typeof exportInput>;

export const exportCreated = z.object({ id: z.uuid() }).openapi("ExportCreated");

export const exportOutput = z
  .object({
    id: z.uuid(),
    status: z.enum(EXPORT_STATUSES),
    stale: z
      .boolean()
      .openapi({ description: "A text in it has been erased or withdrawn since: no data files until a rebuild." }),
    stale_reason: z.enum(["erased", "withdrawn"]).nullable(),
    format: z.enum(EXPORT_FORMATS),
    filters: z.object({
      system: z.enum(["none", "guided"]),
      reply: z.enum(["corrected", "agent"]),
      review: z.enum(REVIEW_STATUSES).nullable(),
      min_gain: z.int(),
      failure_category: z.string().nullable(),
      topic: z.string().nullable(),
      since: z.iso.datetime().nullable(),
      until: z.iso.datetime().nullable(),
      validation_fraction: z.number(),
    }),
    progress: z.number().nullable().openapi({ description: "0 to 1; null unless it is running or done." }),
    rows: z.int(),
    validation_rows: z.int(),
    bytes: z.int(),
    sha256: z.string().nullable(),
    tokens: z.int().nullable().openapi({ description: "Of the training file, estimated; the manifest says how." }),
    redacted: z.int().openapi({ description: "Lines in which personal data was found when they were written." }),
    files: z
      .record(z.string(), z.object({ rows: z.int(), bytes: z.int(), sha256: z.string() }))
      .openapi({ description: "The files other than training_data.jsonl." }),
    skipped: z.record(z.string(), z.int()).openapi({ description: "Improvements left out, by reason." }),
    warning: z.string().nullable(),
    error: z.string().nullable(),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .openapi("Export");
export type ExportOutput = z.infer<typeof exportOutput>;

export const exportQuery = z.strictObject({ ...pageQuery, status: z.enum(EXPORT_STATUSES).optional() });
export type ExportQuery = z.infer<typeof exportQuery>;

export const exportPage = pageOf(exportOutput);

const HOUR_S = 3_600;

export const linkInput = z
  .strictObject({
    expires_in_s: z
      .int()
      .min(60)
      .max(7 * 24 * HOUR_S)
      .default(HOUR_S)
      .openapi({ description: "How long the links work, in seconds: a minute to a week. Default: an hour." }),
  })
  .openapi("ExportLinkInput");

export const linkOutput = z
  .object({ expires_at: z.iso.datetime(), links: z.record(z.string(), z.url()) })
  .openapi("ExportLinks");
