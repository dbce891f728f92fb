import type { Context } from "../clusters/context/context.ts";
import { composeGuidance, type Guidance, type GuidanceFor } from "../clusters/lessons/guidance-text.ts";

/**
 * What a prompt says of the clusters its message may belong to. Guidance that was switched off because it does harm
 * is left out; where it is the likeliest cluster's, nothing is said.
 */
export function clusterGuidance(contexts: Context[], asked: GuidanceFor): Guidance | null {
  if (contexts[0]?.tested.switched_off) return null;
  return composeGuidance(
    contexts.filter(({ tested }) => !tested.switched_off),
    asked,
  );
}

/**
 * The system message that `POST /v1/prompts` would serve for a message of this cluster, without examples: what a
 * guided training file trains on is then what the bot is given later.
 * @returns null where the prompt would be plain
 */
export function guidedText(context: Context, asked: GuidanceFor): string | null {
  return clusterGuidance([context], asked)?.text ?? null;
}
