import type { Context } from "../clusters/context.ts";
import { composeGuidance, type Guidance, sharedGuidance } from "../clusters/guidance-text.ts";
import { liveClusterId, liveContext, liveRoute, type Reading } from "../clusters/live.ts";
import type { Behind } from "../clusters/live-cache.ts";
import { describeError } from "../lib/errors.ts";
import { clusterGuidance } from "./guided-system-text.ts";

/** Why a prompt came out plain. */
export type PlainReason =
  | "no_router"
  | "no_cluster"
  | "nothing_known"
  | "switched_off"
  | "holdout"
  | "not_a_message"
  | "unavailable";

export interface Asked {
  customerMessage: string;
  topic?: string | null;
  failureCategory?: string | null;
}

export interface Found {
  /** The cluster, whether or not it has anything to say. */
  cluster: { context: Context; confidence: number } | null;
  /** What guidance was made from; examples come from the first. */
  contexts: Context[];
  guidance: Guidance | null;
  /** The guidance only says what holds across all types of query. */
  shared: boolean;
  /** Why there is no guidance. */
  plain: PlainReason | null;
}

const NOTHING: Found = { cluster: null, contexts: [], guidance: null, shared: false, plain: null };

/**
 * What is known that a message's prompt should say. A topic that is given wins over the router. Never fails because
 * of what stands behind it.
 */
export async function findGuidance(services: Reading, asked: Asked, behind: Behind): Promise<Found> {
  try {
    return await find(services, asked, behind);
  } catch (error) {
    console.error(JSON.stringify({ event: "prompt_unavailable", error: describeError(error) }));
    return { ...NOTHING, plain: "unavailable" };
  }
}

async function find(services: Reading, asked: Asked, behind: Behind): Promise<Found> {
  const { clusterIds, confidence, unrouted } = await findClusters(services, asked, behind);
  const contexts: Context[] = [];
  for (const cluster_id of clusterIds) contexts.push(await liveContext(services, { cluster_id }, behind));
  const [first] = contexts;
  if (first !== undefined) {
    const cluster = { context: first, confidence };
    const working = contexts.filter(({ tested }) => !tested.switched_off);
    if (first.tested.switched_off) return { ...NOTHING, cluster, plain: "switched_off" };
    const guidance = clusterGuidance(contexts, asked);
    return { cluster, contexts: working, guidance, shared: false, plain: guidance ? null : "nothing_known" };
  }
  if (asked.failureCategory) {
    const context = await liveContext(services, { failure_category: asked.failureCategory }, behind);
    const guidance = context.failures > 0 ? composeGuidance([context], asked) : null;
    if (guidance) return { ...NOTHING, contexts: [context], guidance, shared: true };
  }
  const guidance = sharedGuidance(await liveContext(services, "all", behind));
  return { ...NOTHING, guidance, shared: true, plain: guidance ? null : unrouted };
}

async function findClusters(
  services: Reading,
  { topic, customerMessage }: Asked,
  behind: Behind,
): Promise<{ clusterIds: string[]; confidence: number; unrouted: PlainReason }> {
  if (topic) {
    const id = await liveClusterId(services, topic, behind);
    if (id !== null) return { clusterIds: [id], confidence: 1, unrouted: "nothing_known" };
  }
  const route = await liveRoute(services, customerMessage, behind);
  if (route === null) return { clusterIds: [], confidence: 0, unrouted: "no_router" };
  return { clusterIds: route.clusterIds, confidence: route.confidence, unrouted: "no_cluster" };
}
