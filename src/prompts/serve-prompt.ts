import type { ConversationGiven } from "../experiments/conversation.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import { buildPrompt } from "./build-prompt.ts";
import { type Found, findGuidance, type GuidanceServices, type PlainReason } from "./find-guidance.ts";
import type { PromptInput, PromptOutput } from "./schemas.ts";

export interface Served {
  prompt: PromptOutput;
  plain: PlainReason | null;
}

/**
 * Answers what to send to the model. Never fails, whatever happens behind it: the bot then gets the plain prompt, and
 * the reason.
 */
export async function servePrompt(
  services: GuidanceServices,
  input: PromptInput,
  waitUntil: WaitUntil,
): Promise<Served> {
  const found = await findGuidance(
    services,
    {
      customerMessage: input.customer_message,
      topic: input.topic,
      failureCategory: input.failure_category,
      conversation: conversationIn(input),
    },
    waitUntil,
  );
  const examples = found.heldOut ? [] : found.contexts.flatMap((context) => context.examples);
  const messages = buildPrompt(input, found.text, examples);
  const guided = messages[0]?.role === "system";
  return {
    prompt: {
      prompt_id: found.promptId,
      cluster: found.cluster && clusterOf(found.cluster),
      candidates: found.candidates,
      guided,
      shared: guided && found.shared,
      messages,
    },
    plain: guided ? null : found.plain,
  };
}

/** What a prompt's input says of its conversation. */
export function conversationIn({
  conversation_id,
  conversation,
  customer_message,
}: Pick<PromptInput, "conversation_id" | "conversation" | "customer_message">): ConversationGiven {
  const first = conversation?.find(({ role }) => role === "user");
  return { id: conversation_id ?? null, opening: first?.content ?? customer_message, isFirst: first === undefined };
}

function clusterOf({ context, confidence }: NonNullable<Found["cluster"]>): PromptOutput["cluster"] {
  return {
    topic: context.topic ?? "",
    confidence,
    failures: context.failures,
    failure_categories: context.failure_categories.map(({ failure_category, share, lift }) => ({
      failure_category,
      share,
      lift,
    })),
  };
}
