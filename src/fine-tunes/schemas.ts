import { z } from "@hono/zod-openapi";
import { EXPORT_FORMATS } from "../db/schema/exports.ts";
import { FINE_TUNE_STATUSES } from "../db/schema/fine-tunes.ts";
import { exportOutput } from "../exports/schemas.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";

const method = z.enum(["supervised", "dpo"], "must be supervised or dpo");
const hyperparameters = z.record(z.string().max(100), z.union([z.number(), z.literal("auto")]));

export const fineTuneInput = z
  .strictObject({
    export_id: z.uuid("must be an export's id"),
    base_model: z.string().min(1).max(200),
    method,
    suffix: z
      .string()
      .regex(/^[\w-]{1,64}$/, "must be 1 to 64 letters, digits, - or _")
      .optional(),
    hyperparameters: hyperparameters
      .optional()
      .openapi({ description: "As the provider names them, such as n_epochs; passed on unchanged." }),
  })
  .openapi("FineTuneInput");
export type FineTuneInput = z.infer<typeof fineTuneInput>;

export const providerFile = z.object({
  id: z.string(),
  kind: z.enum(["file", "upload"]).openapi({ description: "upload: one in parts that was not completed." }),
  deleted_at: z.iso.datetime().nullable(),
  error: z.string().nullable().openapi({ description: "Why it could not be deleted the last time." }),
});

export const fineTuneOutput = z
  .object({
    id: z.uuid(),
    export_id: z.uuid(),
    export_sha256: z.string(),
    export: z
      .object({
        state: z.enum(["there", "stale", "rebuilt", "deleted"]).openapi({
          description:
            "What has happened to the file since: it may hold an erased or withdrawn text, have been rebuilt, or be gone.",
        }),
        format: z.enum(EXPORT_FORMATS).nullable(),
        filters: exportOutput.shape.filters.nullable(),
      })
      .openapi({ description: "What the model learned from; kept even when the export is gone." }),
    base_model: z.string(),
    method,
    suffix: z.string().nullable(),
    hyperparameters,
    provider: z.string().openapi({ description: "The provider's address." }),
    provider_files: z.array(providerFile).openapi({
      description: "What the provider was sent. It is deleted there when the fine-tune has ended, however it ended.",
    }),
    status: z.enum(FINE_TUNE_STATUSES).openapi({
      description: "cancelling: it is to end, and the provider has not yet confirmed that no job of it trains.",
    }),
    provider_status: z.string().nullable(),
    job_id: z.string().nullable(),
    model: z.string().nullable().openapi({ description: "The resulting model." }),
    trained_tokens: z.int().nullable(),
    events: z.array(z.object({ at: z.iso.datetime(), level: z.string(), message: z.string() })),
    loss: z.array(z.object({ step: z.int(), train_loss: z.number().nullable(), valid_loss: z.number().nullable() })),
    error: z.string().nullable(),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .openapi("FineTune");
export type FineTuneOutput = z.infer<typeof fineTuneOutput>;

export const fineTuneQuery = z.strictObject({ ...pageQuery });
export type FineTuneQuery = z.infer<typeof fineTuneQuery>;
export const fineTunePage = pageOf(fineTuneOutput);

export const webhookEvent = z
  .looseObject({
    type: z.string().openapi({ example: "fine_tuning.job.succeeded" }),
    data: z.looseObject({ id: z.string().openapi({ example: "ftjob-abc123" }) }),
  })
  .openapi("WebhookEvent");

export const webhookReceived = z
  .object({
    fine_tune_id: z.uuid().nullable().openapi({ description: "The fine-tune whose job is polled now; null for none." }),
    duplicate: z.boolean().openapi({ description: "This delivery came before." }),
  })
  .openapi("WebhookReceived");
export type WebhookReceived = z.infer<typeof webhookReceived>;

export const botModelInput = z
  .strictObject({ fine_tune_id: z.uuid("must be a fine-tune's id") })
  .openapi("BotModelInput");

export const botModelOutput = z
  .object({
    alias: z
      .string()
      .openapi({ description: "The model name to ask for at /v1/chat/completions.", example: "redraft" }),
    model: z.string().openapi({ description: "What it means now." }),
    default_model: z.string().openapi({ description: "What it means while no tuned model is set (BOT_MODEL)." }),
    fine_tune_id: z.uuid().nullable().openapi({ description: "Null: no tuned model is set." }),
    since: z.iso.datetime().nullable(),
    set_by: z.string().nullable(),
    history: z.array(
      z.object({
        fine_tune_id: z.uuid().nullable(),
        model: z.string().nullable().openapi({ description: "Null: back to the default model." }),
        set_by: z.string(),
        at: z.iso.datetime(),
      }),
    ),
  })
  .openapi("BotModel");
export type BotModelOutput = z.infer<typeof botModelOutput>;
