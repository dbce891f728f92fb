import type { Reading } from "../clusters/context/cached-context.ts";
import type { Context } from "../clusters/context/context.ts";
import { isHeldOut } from "../experiments/holdout.ts";
import { newPromptId, type PromptArm } from "../experiments/prompt-id.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Services } from "../services.ts";
import { buildPrompt } from "./build-prompt.ts";
import { type Found, findGuidance, type PlainReason } from "./find-guidance.ts";
import type { PromptInput, PromptOutput } from "./schemas.ts";

export interface Served {
  prompt: PromptOutput;
  plain: PlainReason | null;
}

/**
 * Answers what to send to the model. Never fails because of what stands behind it: the bot then gets the plain
 * prompt, and the reason. Warm, it reads nothing: router, topics and contexts are the isolate's copies.
 */
export async function servePrompt(
  services: Reading & Pick<Services, "config">,
  input: PromptInput,
  waitUntil: WaitUntil,
): Promise<Served> {
  const found = await findGuidance(
    services,
    { customerMessage: input.customer_message, topic: input.topic, failureCategory: input.failure_category },
    waitUntil,
  );
  const heldOut = found.guidance !== null && isHeldOut(conversationOf(input), services.config.HOLDOUT_FRACTION);
  const examples = heldOut ? [] : found.contexts.flatMap((context) => context.examples);
  const messages = buildPrompt(input, heldOut ? null : (found.guidance?.text ?? null), examples);
  const guided = messages[0]?.role === "system";
  return {
    prompt: {
      prompt_id: newPromptId(markOf(found, heldOut), services.clock()),
      cluster: found.cluster && clusterOf(found.cluster),
      candidates: found.candidates,
      guided,
      shared: guided && found.shared,
      messages,
    },
    plain: heldOut ? "holdout" : guided ? null : (found.plain ?? "nothing_known"),
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

/** What the prompt's id is to tell of it, for its outcome. */
export function markOf({ cluster, guidance, shared }: Found, heldOut: boolean) {
  const arm: PromptArm = guidance === null ? "plain" : shared ? "shared" : heldOut ? "holdout" : "guided";
  const lessons = arm === "guided" ? (guidance?.lessons ?? 0) : 0;
  return { arm, cluster: cluster?.context.number ?? 0, lessons };
}

type PromptCluster = NonNullable<PromptOutput["cluster"]>;

/** The shares are the same until the context changes. */
const sharesOf = new WeakMap<Context, PromptCluster["failure_categories"]>();

function clusterOf({ context, confidence }: NonNullable<Found["cluster"]>): PromptCluster {
  let failure_categories = sharesOf.get(context);
  if (failure_categories === undefined) {
    failure_categories = context.failure_categories.map(({ failure_category, share, lift }) => ({
      failure_category,
      share,
      lift,
    }));
    sharesOf.set(context, failure_categories);
  }
  return { topic: context.topic ?? "", confidence, failures: context.failures, failure_categories };
}
