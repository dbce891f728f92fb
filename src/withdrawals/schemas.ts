import { z } from "@hono/zod-openapi";
import { WITHDRAWAL_MODES, WITHDRAWAL_STATUSES } from "../db/schema/withdrawals.ts";
import { filterTime, kindFilter, name } from "../http/fields.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";

/** What tells the failures of a withdrawal. A further one takes a line here, and its column in `selection.ts`. */
const selection = {
  import_id: z.uuid("must be an import's id").optional().openapi({ description: "From the answer to an import." }),
  agent: name(200).optional().openapi({ description: "As metadata.agent has it." }),
  channel: name(100).optional(),
  ...kindFilter,
  since: filterTime.optional().openapi({ description: "Recorded at or after this time." }),
  until: filterTime.optional().openapi({ description: "Recorded before this time." }),
  withdrawal_id: z
    .uuid("must be a withdrawal's id")
    .optional()
    .openapi({ description: "What this withdrawal set aside: to erase it after all." }),
};

const FIELDS = Object.keys(selection);

const mode = z.enum(WITHDRAWAL_MODES, "must be withdraw or erase").openapi({
  description: "withdraw: set aside, can be undone. erase: gone for good, as by DELETE /v1/failures/{id}.",
});

const saysWhich = (given: object) => FIELDS.some((field) => (given as Record<string, unknown>)[field] !== undefined);
const UNSAID = { error: `needs at least one of ${FIELDS.join(", ")}`, path: [] };

export const previewInput = z
  .strictObject({ ...selection, mode: mode.default("withdraw") })
  .refine(saysWhich, UNSAID)
  .openapi("WithdrawalPreviewInput");
export type PreviewInput = z.infer<typeof previewInput>;

const MAX_REASON = 1_000;

export const withdrawalInput = z
  .strictObject({
    ...selection,
    mode,
    reason: name(MAX_REASON).openapi({ example: "Import of 3 March: the agent's replies were test texts." }),
    token: z.string().max(100).optional().openapi({
      description: "From the preview: where the selection has changed since, nothing is withdrawn (409).",
    }),
  })
  .refine(saysWhich, UNSAID)
  .openapi("WithdrawalInput");
export type WithdrawalInput = z.infer<typeof withdrawalInput>;

const heldExport = z.object({ id: z.uuid(), rebuild: z.string() });
const trained = z.object({ id: z.uuid(), export_id: z.uuid(), model: z.string().nullable(), status: z.string() });

export const previewOutput = z
  .object({
    mode,
    failures: z.object({ total: z.int(), by_status: z.record(z.string(), z.int()) }),
    improvements: z.object({ total: z.int(), approved: z.int(), rejected: z.int(), unreviewed: z.int() }),
    lessons: z.object({
      alone: z.int().openapi({ description: "Learned from these failures alone." }),
      in_part: z.int().openapi({ description: "Learned from others as well." }),
      kept: z.int().openapi({ description: "Of both, in a person's words: they stay." }),
    }),
    clusters: z.object({
      total: z.int(),
      most: z.array(z.object({ topic: z.string(), failures: z.int() })).openapi({ description: "The 20 largest." }),
    }),
    exports: z.array(heldExport),
    all_exports_checked: z.boolean().openapi({ description: "false: only the hundred oldest were looked into." }),
    fine_tunes: z.array(trained),
    sample: z.array(z.uuid()).openapi({ description: "The ids of up to ten failures, newest first." }),
    token: z.string().openapi({ description: "Send it with POST /v1/withdrawals." }),
  })
  .openapi("WithdrawalPreview");
export type PreviewOutput = z.infer<typeof previewOutput>;

export const withdrawalOutput = z
  .object({
    id: z.uuid(),
    status: z.enum(WITHDRAWAL_STATUSES),
    mode,
    filter: z.record(z.string(), z.string()),
    reason: z.string(),
    total: z.int().openapi({ description: "Failures that it takes." }),
    withdrawn: z.int().openapi({ description: "Of these, how many are set aside by now, or erased." }),
    lessons_retired: z.int(),
    exports: z.array(heldExport).openapi({ description: "Their data files are closed until they are rebuilt." }),
    fine_tunes: z
      .array(trained)
      .openapi({ description: "Models trained on them. A trained model cannot forget: decide what to do with it." }),
    actor: z.string(),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .openapi("Withdrawal");
export type WithdrawalOutput = z.infer<typeof withdrawalOutput>;

export const withdrawalCreated = z.object({ id: z.uuid(), total: z.int() }).openapi("WithdrawalCreated");

export const withdrawalQuery = z.strictObject(pageQuery);
export type WithdrawalQuery = z.infer<typeof withdrawalQuery>;

export const withdrawalPage = pageOf(withdrawalOutput);
