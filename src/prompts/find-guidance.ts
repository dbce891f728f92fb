import { cachedClusterId, cachedContext } from "../clusters/context/cached-context.ts";
import type { Context } from "../clusters/context/context.ts";
import { categoryGuidance, composeGuidance, type Guidance, sharedGuidance } from "../clusters/lessons/guidance-text.ts";
import { type ConversationGiven, conversationOf } from "../experiments/conversation.ts";
import { countPrompt } from "../experiments/count-prompts.ts";
import { newPromptId, type PromptArm } from "../experiments/prompt-id.ts";
import { type GuidanceSource, isHeldOut, lessonShareOf, lessonsLeftOut, plainShareOf } from "../experiments/split.ts";
import { log } from "../lib/log.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Candidate } from "../router/route-message.ts";
import { routeWithCopy } from "../router/router-copy.ts";
import type { Services } from "../services.ts";

export type GuidanceServices = Pick<Services, "db" | "clusters" | "bucket" | "clock" | "config">;

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
  conversation: ConversationGiven;
}

/** What is known that would serve a message. */
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
  plain: PlainReason | null;
}

/** The prompt's id, which says to its outcome how it was made, and the guidance that goes out: none where held out. */
interface Guiding extends Found {
  promptId: string;
  heldOut: boolean;
  text: string | null;
}

const NOTHING: Found = { cluster: null, candidates: [], contexts: [], guidance: null, shared: false, plain: null };

/**
 * What is known that a message's prompt should say, unless its conversation is held out. A topic that is given wins
 * over the router. Never fails, whatever happens behind it. Warm, it reads nothing: router, topics and contexts are the
 * isolate's copies.
 */
export async function findGuidance(services: GuidanceServices, asked: Asked, waitUntil: WaitUntil): Promise<Guiding> {
  const { config } = services;
  const conversation = conversationOf(asked.conversation);
  const lessonShare = lessonShareOf(config);
  const leftOut = (cluster: number) => lessonsLeftOut(conversation, cluster, lessonShare);
  let found: Found;
  try {
    found = await find(services, asked, leftOut, waitUntil);
  } catch (error) {
    log.error("prompt_unavailable", {}, error);
    found = { ...NOTHING, plain: "unavailable" };
  }
  const { guidance, shared } = found;
  const source = sourceOf(found);
  const plainShare = guidance === null ? 1 : plainShareOf(config, source);
  const heldOut = guidance !== null && isHeldOut(conversation, source, plainShare);
  const arm: PromptArm = guidance === null ? "plain" : heldOut ? "holdout" : shared ? "shared" : "guided";
  const lessons = arm === "guided" ? (guidance?.lessons ?? 0) : 0;
  const { code, isToldApart } = conversation;
  const mark = { arm, cluster: source.cluster, lessons, conversation: code, isToldApart, plainShare, lessonShare };
  const promptId = newPromptId(mark, services);
  // Its type of query is what it is, though its guidance may come from all: a topic's failures are counted so as well.
  const counted = found.cluster?.context.number ?? 0;
  countPrompt(services, { arm, cluster: counted, plainShare, conversation }, waitUntil);
  if (heldOut)
    return { ...found, promptId, heldOut, text: null, plain: source.switchedOff ? "switched_off" : "holdout" };
  const text = guidance?.text || null;
  // Where there was but one lesson to give, and this conversation does without it.
  return { ...found, promptId, heldOut, text, plain: guidance !== null && text === null ? "holdout" : found.plain };
}

/** Whose guidance it is. What holds across clusters is nobody's: it must not count for, or against, that of one. */
function sourceOf({ cluster, shared }: Found): GuidanceSource {
  if (cluster === null || shared) return { cluster: 0, version: 0, switchedOff: false };
  const { number, guidance_version, tested } = cluster.context;
  return { cluster: number, version: guidance_version, switchedOff: tested.switched_off };
}

/**
 * A topic that is given is a caller's word: where it is unknown, the router does not guess another. A failure category
 * that is given is always warned of, where the cluster's own guidance is switched off too.
 * @param leftOut which of a cluster's lessons the conversation does without, by the cluster's number
 */
async function find(
  services: GuidanceServices,
  asked: Asked,
  leftOut: (cluster: number) => number,
  waitUntil: WaitUntil,
): Promise<Found> {
  const known = asked.topic ? await cachedClusterId(services, asked.topic, waitUntil) : null;
  const routed = asked.topic ? null : await routeWithCopy(services, asked.customerMessage, waitUntil);
  const clusterIds = known === null ? (routed?.clusterIds ?? []) : [known];
  const nothing = { ...NOTHING, candidates: routed?.route.candidates ?? [] };
  const contexts = await Promise.all(
    clusterIds.map((cluster_id) => cachedContext(services, { cluster_id }, waitUntil)),
  );
  const [first] = contexts;
  const cluster = first && { context: first, confidence: known === null ? (routed?.route.confidence ?? 0) : 1 };
  if (cluster !== undefined && !(first?.tested.switched_off && asked.failureCategory)) {
    // Guidance that does harm is switched off: the likeliest cluster's but for a few conversations, others' for all.
    const working = contexts.filter((context) => context === first || !context.tested.switched_off);
    const guidance = composeGuidance(working, { ...asked, leftOut: leftOut(cluster.context.number) });
    return { ...nothing, cluster, contexts: working, guidance, plain: guidance ? null : "nothing_known" };
  }
  if (asked.failureCategory) {
    const [own, all] = await Promise.all([
      cachedContext(services, { failure_category: asked.failureCategory }, waitUntil),
      cachedContext(services, "all", waitUntil),
    ]);
    const guidance = categoryGuidance(asked.failureCategory, own, all, asked.customerMessage);
    return { ...nothing, cluster: cluster ?? null, contexts: [own], guidance, shared: true };
  }
  const guidance = sharedGuidance(await cachedContext(services, "all", waitUntil), asked.customerMessage);
  const unrouted = routed === null && !asked.topic;
  return { ...nothing, guidance, shared: true, plain: guidance ? null : unrouted ? "no_router" : "no_cluster" };
}
