import { z } from "@hono/zod-openapi";
import { FAILURE_STATUSES } from "../db/schema/failures.ts";
import {
  conversation,
  failureCategory,
  filterTime,
  kindFilter,
  MAX_MESSAGE,
  name,
  text,
  time,
  topic,
} from "../http/fields.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";

/*
 * Sizes. D1 holds 2 MB a row; a conversation of 200,000 characters is at most 800 KB of it in UTF-8, and a reply
 * of 50,000 at most 200 KB.
 */
const MAX_EXPLANATION = 10_000;
const MAX_METADATA = 16_000;

const personsRating = z.number().min(1, "must be from 1 to 5").max(5, "must be from 1 to 5");

const httpsUrl = z
  .string()
  .max(2_000, "is longer than 2000 characters")
  .refine((value) => URL.canParse(value) && new URL(value).protocol === "https:", "must be an https address");

/** Looks at input that may be wrong elsewhere, so it trusts no type. */
function asksSomething(failure: { original_prompt?: unknown; conversation?: unknown }): boolean {
  if (failure.original_prompt !== undefined && failure.original_prompt !== null) return true;
  return Array.isArray(failure.conversation) && failure.conversation.some((turn) => turn?.role === "user");
}

export const failureInput = z
  .strictObject({
    external_id: name(200).nullish().openapi({
      description: "Your id for it. The same id with the same content is recorded once.",
      example: "ticket-4711-reply-2",
    }),
    original_prompt: text(MAX_MESSAGE)
      .nullish()
      .openapi({ description: "The customer's message.", example: "Where is my refund for order A-1001?" }),
    conversation: conversation.nullish().openapi({
      description:
        "Earlier turns, oldest first. Without original_prompt, its last turn by the user is the customer's message.",
    }),
    ai_reply: text(MAX_MESSAGE).openapi({
      description: "What the AI answered.",
      example: "You can see your refund in the app.",
    }),
    agent_reply: text(MAX_MESSAGE).openapi({
      description: "What the agent answered instead.",
      example: "Your refund of $24.90 left us on 3 March; banks take up to five working days.",
    }),
    failure_explanation: text(MAX_EXPLANATION)
      .nullish()
      .openapi({ description: "Why the AI's reply was wrong.", example: "Gave no date and no amount." }),
    failure_category: failureCategory.nullish().openapi({ example: "missing_information" }),
    topic: topic
      .nullish()
      .openapi({ description: "The type of query, such as a ticket tag.", example: "refund_status" }),
    ai_rating: personsRating.nullish().openapi({ description: "A person's rating of the AI's reply, 1 to 5." }),
    agent_rating: personsRating.nullish().openapi({ description: "A person's rating of the agent's reply, 1 to 5." }),
    prompt_id: z.uuid("must be the prompt_id that POST /v1/prompts answered").nullish().openapi({
      description: "The prompt the AI's reply was written from: counts as its outcome, failed.",
    }),
    channel: name(100).nullish().openapi({ example: "chat" }),
    context_url: httpsUrl.nullish().openapi({ description: "Link to the message in the helpdesk." }),
    model: name(200).nullish().openapi({ description: "The model that wrote the AI's reply." }),
    occurred_at: time.nullish().openapi({ description: "When the AI answered. Default: now." }),
    metadata: z
      .record(z.string().max(100), z.unknown())
      .refine(
        (value) => JSON.stringify(value).length <= MAX_METADATA,
        `is larger than ${MAX_METADATA} characters as JSON`,
      )
      .nullish()
      .openapi({ type: "object", description: "Anything else, kept as it is." }),
  })
  // `when`: said together with what else is wrong, instead of only once all the rest is right.
  .refine(asksSomething, {
    path: ["original_prompt"],
    error: "is required (or a conversation in which the user says something)",
    when: ({ value }) => typeof value === "object" && value !== null && !Array.isArray(value),
  })
  .openapi("FailureInput");

export type FailureInput = z.infer<typeof failureInput>;

export const failureOutput = z
  .object({
    id: z.uuid(),
    status: z.enum(FAILURE_STATUSES),
    reason_code: z.string().nullable(),
    reason: z.string().nullable().openapi({ description: "Why it waits, failed or needs a person, in plain words." }),
    tries: z.int(),
    external_id: z.string().nullable(),
    prompt_id: z.uuid(),
    original_prompt: z.string(),
    conversation: z.array(z.object({ role: z.enum(["user", "assistant"]), content: z.string() })).nullable(),
    ai_reply: z.string(),
    agent_reply: z.string(),
    failure_explanation: z.string().nullable(),
    failure_category: z.string().nullable(),
    failure_category_source: z.enum(["helpdesk", "model", "router", "person"]).nullable(),
    topic: z.string().nullable(),
    topic_source: z.enum(["helpdesk", "model", "router", "person"]).nullable(),
    ai_rating: z.number().nullable(),
    agent_rating: z.number().nullable(),
    channel: z.string().nullable(),
    context_url: z.string().nullable(),
    model: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()).nullable(),
    import_id: z.uuid().nullable().openapi({ description: "The NDJSON import that brought it." }),
    withdrawal_id: z.uuid().nullable().openapi({ description: "The withdrawal that set it aside." }),
    occurred_at: z.iso.datetime(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi("Failure");

export type FailureOutput = z.infer<typeof failureOutput>;

export const importOutput = z
  .object({
    import_id: z
      .uuid()
      .openapi({ description: "Kept with each failure that was recorded; POST /v1/withdrawals takes it." }),
    received: z.int(),
    recorded: z.int(),
    duplicates: z.int(),
    rejected: z.int(),
    errors: z
      .array(z.object({ line: z.int(), detail: z.string() }))
      .openapi({ description: "The first 100; lines count from 1." }),
  })
  .openapi("ImportResult");

export type ImportOutput = z.infer<typeof importOutput>;

export const failureQuery = z.strictObject({
  ...pageQuery,
  ...kindFilter,
  status: z.enum(FAILURE_STATUSES).optional(),
  import_id: z.uuid("must be an import's id").optional(),
  since: filterTime.optional().openapi({ description: "Recorded at or after this time." }),
  until: filterTime.optional().openapi({ description: "Recorded before this time." }),
});

export type FailureQuery = z.infer<typeof failureQuery>;

export const failurePage = pageOf(failureOutput);
