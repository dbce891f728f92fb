import type { Context } from "../clusters/context.ts";
import { readContext } from "../clusters/read-context.ts";
import { findCluster } from "../clusters/topics.ts";
import { describeError } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
import type { Services } from "../services.ts";
import { buildPrompt } from "./build-prompt.ts";
import type { PromptInput, PromptOutput } from "./schemas.ts";

/** Why a prompt came out plain. */
export type PlainReason = "no_topic" | "unknown_topic" | "nothing_known" | "unavailable";

/**
 * Answers what to send to the model. Never fails because of what stands behind it: the bot then gets the plain
 * prompt, and the reason.
 */
export async function servePrompt(
  services: Pick<Services, "db" | "clusters">,
  input: PromptInput,
): Promise<{ prompt: PromptOutput; plain: PlainReason | null }> {
  const { context, plain } = await findContext(services, input);
  const { guided, messages } = buildPrompt(input, context);
  const cluster =
    context === null || context.topic === null
      ? null
      : {
          topic: context.topic,
          confidence: 1,
          failures: context.failures,
          failure_categories: context.failure_categories.map(({ failure_category, share, lift }) => ({
            failure_category,
            share,
            lift,
          })),
        };
  return {
    prompt: { prompt_id: newId(), cluster, guided, messages },
    plain: guided ? null : (plain ?? "nothing_known"),
  };
}

async function findContext(
  services: Pick<Services, "db" | "clusters">,
  { topic, failure_category }: PromptInput,
): Promise<{ context: Context | null; plain: PlainReason | null }> {
  try {
    if (topic) {
      const cluster = await findCluster(services.db, topic);
      if (cluster !== null) return { context: await readContext(services, { cluster_id: cluster.id }), plain: null };
    }
    if (failure_category) {
      const context = await readContext(services, { failure_category });
      return { context: context.failures > 0 ? context : null, plain: "nothing_known" };
    }
    return { context: null, plain: topic ? "unknown_topic" : "no_topic" };
  } catch (error) {
    console.error(JSON.stringify({ event: "prompt_unavailable", error: describeError(error) }));
    return { context: null, plain: "unavailable" };
  }
}
