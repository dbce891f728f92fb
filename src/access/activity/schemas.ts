import { z } from "@hono/zod-openapi";
import { filterTime } from "../../http/fields.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { ACTION_NAMES } from "./actions.ts";

/** Names, ids and routes; what is longer is none. */
const MAX_FILTER = 200;

export const activityQuery = z.strictObject({
  ...pageQuery,
  who: z.string().max(MAX_FILTER).optional().openapi({ description: "A caller's name, or the id of their key." }),
  action: z
    .string()
    .max(MAX_FILTER)
    .optional()
    .openapi({ description: `Such as ${ACTION_NAMES.slice(0, 3).join(", ")}…`, example: "make_key" }),
  subject: z.string().max(MAX_FILTER).optional().openapi({ description: "The id of the row that it was done to." }),
  since: filterTime.optional(),
  until: filterTime.optional().openapi({ description: "Before this time." }),
  refused: z
    .stringbool()
    .default(false)
    .openapi({ type: "boolean", description: "Only what callers were not allowed to do, and wrong sign-ins." }),
});
export type ActivityQuery = z.infer<typeof activityQuery>;

const values = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]))
  .nullable();

const activityOutput = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    outcome: z.enum(["done", "refused", "failed"]).openapi({
      description: "failed: an error on our side, so that some of it may have been done.",
    }),
    caller: z.object({
      kind: z.string(),
      id: z.string().nullable().openapi({ description: "Of their key, where they had one." }),
      name: z.string(),
    }),
    action: z.string().openapi({ example: "make_key" }),
    subject: z.object({ kind: z.string().nullable(), id: z.string() }).nullable(),
    before: values,
    after: values.openapi({ description: "What a setting is now, or what was asked for." }),
    address_hash: z.string().nullable().openapi({ description: "The same address has the same hash." }),
    request_id: z.string(),
  })
  .openapi("Activity");
export type ActivityOutput = z.infer<typeof activityOutput>;

export const activityPage = pageOf(activityOutput);
