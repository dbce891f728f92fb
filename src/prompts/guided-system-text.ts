import { composeGuidance } from "../clusters/guidance-text.ts";
import { liveContext, type Reading } from "../clusters/live.ts";

/**
 * The system message that `POST /v1/prompts` would serve for a message of this cluster, without examples: what a
 * guided training file trains on is then what the bot is given later.
 * @returns null where the prompt would be plain
 * @throws Error when the cluster's context can not be read: a file must not silently go without
 */
export async function guidedSystemText(
  services: Reading,
  asked: { customerMessage: string; clusterId: string | null; failureCategory?: string | null },
): Promise<string | null> {
  if (asked.clusterId === null) return null;
  // An export waits for nothing and has no answer to hide a refresh behind; a failed one is logged by the cache.
  const context = await liveContext(services, { cluster_id: asked.clusterId }, () => undefined);
  if (context.tested.switched_off) return null;
  return composeGuidance([context], asked)?.text ?? null;
}
