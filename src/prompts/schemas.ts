import { z } from "@hono/zod-openapi";
import {
  EXAMPLE_MESSAGE_CHARACTERS,
  EXAMPLE_REPLY_CHARACTERS,
  GUIDANCE_CHARACTERS,
  MOST_ADDED_CHARACTERS,
} from "../clusters/context/budgets.ts";
import { categoryShare } from "../clusters/schemas.ts";
import { conversation, failureCategory, MAX_MESSAGE, name, text, topic } from "../http/fields.ts";

export const promptInput = z
  .strictObject({
    customer_message: text(MAX_MESSAGE).openapi({ example: "Where is my refund?" }),
    conversation: conversation.nullish().openapi({ description: "Earlier turns, oldest first." }),
    conversation_id: name(200)
      .nullish()
      .openapi({
        description:
          "Your id of the conversation. All its prompts are then guided, or all held out, and it counts once; without it, " +
          "the customer's first message decides, and conversations that begin alike cannot be told apart.",
      }),
    topic: topic.nullish().openapi({
      description:
        "The type of query, where you know it. The router then does not guess: one that is unknown gets no cluster.",
      example: "refund_status",
    }),
    failure_category: failureCategory.nullish().openapi({
      description:
        "How you expect a reply to fail. The prompt always warns of it, with the cluster's lessons, those against it first; " +
        "where no cluster is clear, with the lessons against it of all clusters.",
      example: "missing_information",
    }),
    examples: z.int().min(0).max(5).default(0).openapi({ description: "How many improved replies to show, 0 to 5." }),
  })
  .openapi("PromptInput");
export type PromptInput = z.infer<typeof promptInput>;

const chatMessage = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() });

export const promptOutput = z
  .object({
    prompt_id: z.uuid().openapi({ description: "Give it to POST /v1/outcomes, or with the failure." }),
    cluster: z
      .object({
        topic: z.string(),
        confidence: z.number().openapi({
          description:
            "0 to 1, calibrated: how likely the topic is right, some messages being about topics that nobody recorded; " +
            "1 for a topic that was given.",
        }),
        failures: z.int(),
        failure_categories: z.array(categoryShare.omit({ count: true })),
      })
      .nullable()
      .openapi({
        description: "Null: no topic is likely enough (ROUTER_WRONG_COST), or the one that was given is unknown.",
      }),
    candidates: z.array(z.object({ topic: z.string(), confidence: z.number() })).openapi({
      description:
        "The router's likeliest topics, at most three, best first, with calibrated confidences from 0 to 1; also " +
        "where it is not sure enough to name a cluster. Empty for a topic that was given, and without a router.",
    }),
    guided: z.boolean().openapi({ description: "False: the prompt is plain; the header x-redraft-plain says why." }),
    shared: z.boolean().openapi({
      description:
        "True: no cluster is clear, and the guidance says what holds across types of query: the causes and lessons that " +
        "several share, or what is known of the failure category that was given.",
    }),
    messages: z.array(chatMessage).openapi({
      description:
        `Ready to send to a chat model: your conversation as you gave it, and before it at most ${MOST_ADDED_CHARACTERS} ` +
        "characters of ours. Guidance goes first, at most " +
        `${GUIDANCE_CHARACTERS} of them; lessons that fit the message least are left out, and examples that do not fit ` +
        `into the rest. An example shows up to ${EXAMPLE_MESSAGE_CHARACTERS} characters of a message and ` +
        `${EXAMPLE_REPLY_CHARACTERS} of a reply. Texts of other customers have placeholders such as [EMAIL_1] in place ` +
        "of personal data.",
    }),
  })
  .openapi("Prompt");
export type PromptOutput = z.infer<typeof promptOutput>;

export const outcomeInput = z
  .strictObject({
    prompt_id: z.uuid("must be the prompt_id of a prompt"),
    failed: z.boolean().openapi({ description: "Whether the reply to it had to be corrected." }),
    rating: z.number().min(1).max(5).nullish().openapi({ description: "A person's rating of the reply, 1 to 5." }),
  })
  .openapi("OutcomeInput");

export const outcomeOutput = z.object({ prompt_id: z.uuid() }).openapi("Outcome");
