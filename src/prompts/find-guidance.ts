import { cachedClusterId, cachedContext, type Reading } from "../clusters/context/cached-context.ts";
import type { Context } from "../clusters/context/context.ts";
import { composeGuidance, type Guidance, sharedGuidance } from "../clusters/lessons/guidance-text.ts";
import { log } from "../lib/log.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Candidate } from "../router/route-message.ts";
import { type Routed, routeWithCopy } from "../router/router-copy.ts";
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
 * What is known that a message's prompt should say. A topic that is given wins over the router. Never fails because
 * of what stands behind it.
 */
export async function findGuidance(services: Reading, asked: Asked, waitUntil: WaitUntil): Promise<Found> {
  try {
    return await find(services, asked, waitUntil);
  } catch (error) {
    log.error("prompt_unavailable", {}, error);
    return { ...NOTHING, plain: "unavailable" };
  }
}

/** Awaits only what is not there yet: on the way of every reply, each wait costs. */
async function find(services: Reading, asked: Asked, waitUntil: WaitUntil): Promise<Found> {
  const clusters = findClusters(services, asked, waitUntil);
  const { clusterIds, confidence, candidates, unrouted } = clusters instanceof Promise ? await clusters : clusters;
  const nothing = { ...NOTHING, candidates };
  const contexts: Context[] = [];
  for (const cluster_id of clusterIds) {
    const context = cachedContext(services, { cluster_id }, waitUntil);
    contexts.push(context instanceof Promise ? await context : context);
  }
  const [first] = contexts;
  if (first !== undefined) {
    const cluster = { context: first, confidence };
    const working = contexts.filter(({ tested }) => !tested.switched_off);
    if (first.tested.switched_off) return { ...nothing, cluster, plain: "switched_off" };
    const guidance = clusterGuidance(contexts, asked);
    return {
      cluster,
      candidates,
      contexts: working,
      guidance,
      shared: false,
      plain: guidance ? null : "nothing_known",
    };
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
function findClusters(services: Reading, asked: Asked, waitUntil: WaitUntil): Clusters | Promise<Clusters> {
  if (asked.topic) return clusterOfTopic(services, asked.topic, asked.customerMessage, waitUntil);
  const routed = routeWithCopy(services, asked.customerMessage, waitUntil);
  return routed instanceof Promise ? routed.then(clustersOfRoute) : clustersOfRoute(routed);
}

async function clusterOfTopic(
  services: Reading,
  topic: string,
  message: string,
  waitUntil: WaitUntil,
): Promise<Clusters> {
  const id = await cachedClusterId(services, topic, waitUntil);
  if (id !== null) return { clusterIds: [id], confidence: 1, candidates: [], unrouted: "nothing_known" };
  return clustersOfRoute(await routeWithCopy(services, message, waitUntil));
}

function clustersOfRoute(routed: Routed | null): Clusters {
  if (routed === null) return { clusterIds: [], confidence: 0, candidates: [], unrouted: "no_router" };
  const { confidence, candidates } = routed.route;
  return { clusterIds: routed.clusterIds, confidence, candidates, unrouted: "no_cluster" };
}
