import type { Context } from "../clusters/context/context.ts";
import { composeGuidance, type GuidanceFor } from "../clusters/lessons/guidance-text.ts";

/**
 * The system message that `POST /v1/prompts` would serve for a message of this cluster, without examples: what a
 * guided training file trains on is then what the bot is given later.
 * @returns null where the prompt would be plain
 */
export function guidedText(context: Context, asked: GuidanceFor): string | null {
  return context.tested.switched_off ? null : (composeGuidance([context], asked)?.text ?? null);
}
