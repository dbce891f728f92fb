import { z } from "@hono/zod-openapi";
import { EXPORT_STATUSES } from "../db/schema.ts";
import { filterTime, kindFilter } from "../http/fields.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";

export const EXPORT_FORMATS = ["openai-sft"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const exportInput = z
  .strictObject({
    ...kindFilter,
    format: z
      .enum(EXPORT_FORMATS, `must be one of ${EXPORT_FORMATS.join(", ")}`)
      .optional()
      .openapi({ description: "Default: openai-sft." }),
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
    format: z.enum(EXPORT_FORMATS),
    filters: z.object({
      min_gain: z.int(),
      failure_category: z.string().nullable(),
      topic: z.string().nullable(),
      since: z.iso.datetime().nullable(),
      until: z.iso.datetime().nullable(),
    }),
    rows: z.int(),
    bytes: z.int(),
    sha256: z.string().nullable(),
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
