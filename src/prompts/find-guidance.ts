import { cachedClusterId, cachedContext } from "../clusters/context/cached-context.ts";
import type { Context } from "../clusters/context/context.ts";
import { composeGuidance, type Guidance, sharedGuidance } from "../clusters/lessons/guidance-text.ts";
import { log } from "../lib/log.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Candidate } from "../router/route-message.ts";
import { routeWithCopy } from "../router/router-copy.ts";
import type { Services } from "../services.ts";

/** What finding guidance takes. */
export type GuidanceServices = Pick<Services, "db" | "clusters" | "bucket" | "clock">;

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
  /** What the router would name, best first, whether or not it is sure enough; empty where it was not asked. */
  candidates: Candidate[];
  /** What guidance was made from; examples come from the first. */
  contexts: Context[];
  guidance: Guidance | null;
  /** The guidance says what holds across types of query: in general, or for a failure category that was given. */
  shared: boolean;
  /** Why there is no guidance. */
  plain: PlainReason | null;
}

const NOTHING: Found = { cluster: null, candidates: [], contexts: [], guidance: null, shared: false, plain: null };

/**
 * What is known that a message's prompt should say. A topic that is given wins over the router. Never fails, whatever
 * happens behind it. Warm, it reads nothing: router, topics and contexts are the isolate's copies.
 */
export async function findGuidance(services: GuidanceServices, asked: Asked, waitUntil: WaitUntil): Promise<Found> {
  try {
    return await find(services, asked, waitUntil);
  } catch (error) {
    log.error("prompt_unavailable", {}, error);
    return { ...NOTHING, plain: "unavailable" };
  }
}

async function find(services: GuidanceServices, asked: Asked, waitUntil: WaitUntil): Promise<Found> {
  const { clusterIds, confidence, candidates, unrouted } = await findClusters(services, asked, waitUntil);
  const nothing = { ...NOTHING, candidates };
  const contexts = await Promise.all(
    clusterIds.map((cluster_id) => cachedContext(services, { cluster_id }, waitUntil)),
  );
  const [first] = contexts;
  if (first !== undefined) {
    const cluster = { context: first, confidence };
    // Guidance that does harm is switched off; where it is the likeliest cluster's, nothing is said.
    if (first.tested.switched_off) return { ...nothing, cluster, plain: "switched_off" };
    const working = contexts.filter(({ tested }) => !tested.switched_off);
    const guidance = composeGuidance(working, asked);
    return { ...nothing, cluster, contexts: working, guidance, plain: guidance ? null : "nothing_known" };
  }
  if (asked.failureCategory) {
    const context = await cachedContext(services, { failure_category: asked.failureCategory }, waitUntil);
    const guidance = context.failures > 0 ? composeGuidance([context], asked) : null;
    if (guidance) return { ...nothing, contexts: [context], guidance, shared: true };
  }
  const guidance = sharedGuidance(await cachedContext(services, "all", waitUntil), asked.customerMessage);
  return { ...nothing, guidance, shared: true, plain: guidance ? null : unrouted };
}

interface Clusters {
  clusterIds: string[];
  confidence: number;
  candidates: Candidate[];
  /** Why the prompt is plain where no cluster is found and nothing else helps. */
  unrouted: PlainReason;
}

/** A topic that is given and known; else what the router says. */
async function findClusters(services: GuidanceServices, asked: Asked, waitUntil: WaitUntil): Promise<Clusters> {
  const id = asked.topic ? await cachedClusterId(services, asked.topic, waitUntil) : null;
  if (id !== null) return { clusterIds: [id], confidence: 1, candidates: [], unrouted: "nothing_known" };
  const routed = await routeWithCopy(services, asked.customerMessage, waitUntil);
  if (routed === null) return { clusterIds: [], confidence: 0, candidates: [], unrouted: "no_router" };
  const { confidence, candidates } = routed.route;
  return { clusterIds: routed.clusterIds, confidence, candidates, unrouted: "no_cluster" };
}
