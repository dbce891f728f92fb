import { z } from "@hono/zod-openapi";
import { FINE_TUNE_STATUSES } from "../db/schema/fine-tunes.ts";
import { providerFile } from "../fine-tunes/schemas.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";

const removedRows = z
  .object({
    prompts: z.int(),
    improvements: z.int(),
    reviews: z.int(),
    audit_labels: z.int().openapi({ description: "What people said of its improvements in the audit." }),
    correction_drafts: z.int(),
    comparison_cases: z.int().openapi({ description: "Their replies and what the judge said; the ratings stay." }),
    dead_letters: z.int(),
    lessons: z.int().openapi({
      description:
        "Lessons that may have carried its words, retired ones included. They are learned once more from the other failures they came from.",
    }),
  })
  .openapi("RemovedRows");

const remaining = z
  .object({
    what: z.enum([
      "provider_file",
      "fine_tune_job",
      "trained_model",
      "router",
      "database_backups",
      "cluster_backups",
      "model_server_logs",
    ]),
    where: z.string().openapi({ description: "With whom it is." }),
    id: z.string().nullable().openapi({ description: "Its id there, where it has one." }),
    until: z.iso.datetime().nullable().openapi({ description: "When it is gone at the latest; null: nobody can say." }),
    detail: z.string(),
  })
  .openapi("Remaining");
export type Remaining = z.infer<typeof remaining>;

export const erasureOutput = z
  .object({
    id: z.uuid().openapi({ description: "The failure's." }),
    state: z.enum(["running", "done"]).openapi({
      description: "running: something that can be removed still is there; it is worked on, and named under `remains`.",
    }),
    erased_at: z.iso.datetime().openapi({ description: "When its texts left the database." }),
    finished_at: z.iso.datetime().nullable().openapi({ description: "When contexts and files had gone as well." }),
    removed: removedRows.openapi({ description: "Rows of the database, besides the failure's own." }),
    contexts: z.int().openapi({ description: "Cached contexts that were built again without it." }),
    exports: z.array(z.object({ id: z.uuid(), rebuild: z.string() })).openapi({
      description: "The exports that held it. Their data files are gone; POST to `rebuild` to write them again.",
    }),
    fine_tunes: z
      .array(
        z.object({
          id: z.uuid(),
          export_id: z.uuid(),
          model: z.string().nullable(),
          status: z.enum(FINE_TUNE_STATUSES),
          is_bot_model: z.boolean().openapi({ description: "The bot answers with it now; see /v1/bot-model." }),
        }),
      )
      .openapi({ description: "Those whose files held it. A trained model cannot forget: decide what to do with it." }),
    provider_files: z
      .array(providerFile.extend({ fine_tune_id: z.uuid() }))
      .openapi({ description: "What those fine-tunes sent to the provider." }),
    remains: z.array(remaining),
  })
  .openapi("Erasure");
export type ErasureOutput = z.infer<typeof erasureOutput>;

export const erasureQuery = z.strictObject({ ...pageQuery });
export type ErasureQuery = z.infer<typeof erasureQuery>;
export const erasurePage = pageOf(erasureOutput);
