import { z } from "@hono/zod-openapi";
import { filterTime, kindFilter } from "../http/fields.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";

export const runInput = z
  .strictObject({
    ...kindFilter,
    since: filterTime.optional().openapi({ description: "Only failures recorded at or after this time." }),
    limit: z.int().min(1).optional().openapi({ description: "At most this many, oldest first." }),
    redo: z
      .literal("failed")
      .optional()
      .openapi({ description: "Take failed corrections instead of those not yet tried." }),
  })
  .openapi("CorrectionRunInput");

export type RunInput = z.infer<typeof runInput>;

export const runCreated = z.object({ id: z.uuid(), total: z.int() }).openapi("CorrectionRunCreated");

export const runEstimate = z
  .object({
    total: z.int(),
    estimate: z
      .object({ model_calls: z.int(), input_tokens: z.int(), output_tokens: z.int() })
      .openapi({ description: "Without retries; from the lengths of the texts and what corrections cost so far." }),
  })
  .openapi("CorrectionRunEstimate");

export type RunEstimate = z.infer<typeof runEstimate>;

export const runOutput = z
  .object({
    id: z.uuid(),
    total: z.int().openapi({ description: "Failures it takes." }),
    pending: z.int().openapi({ description: "Waiting or being corrected." }),
    improved: z.int(),
    needs_human: z.int(),
    failed: z.int(),
    tokens: z.object({ input: z.int(), output: z.int() }),
    waiting: z.object({ code: z.string(), reason: z.string(), until: z.iso.datetime().nullable() }).nullable().openapi({
      description:
        "Why corrections do not begin at the moment, if so: a limit or quota of the provider, an account without credit, a provider that is down, the budget.",
    }),
    pace: z.object({ per_minute: z.number(), finishes_at: z.iso.datetime() }).nullable().openapi({
      description: "Corrections that came to an end lately, and when the run would be through at that pace.",
    }),
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .openapi("CorrectionRun");

export type RunOutput = z.infer<typeof runOutput>;

export const runQuery = z.strictObject(pageQuery);
export type RunQuery = z.infer<typeof runQuery>;
export const runPage = pageOf(runOutput);
