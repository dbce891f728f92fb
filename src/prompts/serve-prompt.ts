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
      conversation: conversationOf(input),
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

/** What tells one conversation from another: the caller's id, or else its first message, which all its turns share. */
export function conversationOf({
  conversation_id,
  conversation,
  customer_message,
}: Pick<PromptInput, "conversation_id" | "conversation" | "customer_message">): string {
  return conversation_id ?? conversation?.[0]?.content ?? customer_message;
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
