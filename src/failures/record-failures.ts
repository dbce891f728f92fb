import { and, eq, exists, inArray, not, type SQL, sql } from "drizzle-orm";
import type { Changed } from "../clusters/context/read-context.ts";
import { clusterIdOf, ensureTopics, topicKey } from "../clusters/topics/topics.ts";
import { rowsFromJson, valuesOf } from "../db/client.ts";
import { erasures } from "../db/schema/erasure.ts";
import { failedReplies, prompts, type Turn } from "../db/schema/failures.ts";
import { recordFailedPrompts } from "../experiments/record-outcomes.ts";
import { knownNames } from "../guards/known-names.ts";
import { textWithoutPersonalData } from "../guards/without-personal-data.ts";
import { MAX_CATEGORY, MAX_TOPIC } from "../http/fields.ts";
import { excerpt, label, sha256Hex, stableJson } from "../lib/text.ts";
import { noteNewExamples } from "../router/request-training.ts";
import type { Services } from "../services.ts";
import { customerKey } from "./customer-key.ts";
import { type FailureState, nextState, RECORDED } from "./failure-state.ts";
import type { FailureInput } from "./schemas.ts";
import { suspicionOf } from "./suspicion.ts";
import { wakeCorrections } from "./wake-corrections.ts";

/** What became of a failure that was sent. */
export type Recorded =
  /** New, the same as before, or other content under a known external id. */
  | { result: "recorded" | "duplicate" | "conflict"; id: string }
  /** Its external id is that of an erased failure: texts that were erased do not come back with a late delivery. */
  | { result: "erased" };

export interface Recording {
  /** One for each input, in order. */
  results: Recorded[];
  /** What the clusters are to hear of, once the caller has been answered: see `touchClusters`. */
  changed: Changed[];
}

type Recorder = Pick<Services, "db" | "clock" | "newId" | "config" | "corrections" | "jobs" | "clusters">;

/**
 * Records failures, all or none, committed before anything is queued. Repeating a call changes nothing.
 * @param importId of the NDJSON import they came with
 * @param inputs together about 1 MB at most: they travel to D1 as JSON parameters of at most 2 MB
 */
export async function recordFailures(
  services: Recorder,
  inputs: FailureInput[],
  importId: string | null = null,
): Promise<Recording> {
  const { clock, config, newId } = services;
  const now = clock();
  const requested = nextState(RECORDED, { type: "requested", runId: null }, now, 0);
  const state = config.AUTO_CORRECT && requested ? requested : RECORDED;
  const rows = await Promise.all(inputs.map((input) => toRows(input, importId, now, newId)));
  const { known, changed } = await storeFailures(services, firstOfEachId(rows), state, now);

  const stored = new Map(known.map((row) => [row.externalId, row]));
  const results = rows.map(({ failure }) => resultOf(failure, stored.get(failure.externalId)));
  const servedPrompts = inputs.flatMap((input) => input.prompt_id ?? []);
  const tested = await recordFailedPrompts(services, servedPrompts);
  if (inputs.some(({ topic }) => topic)) await noteNewExamples(services);
  if (state.dueAt !== null) {
    const recorded = results.flatMap((one) => (one.result === "recorded" ? one.id : []));
    await wakeCorrections(services, recorded);
  }
  return { results, changed: [...changed, ...tested.map((clusterId) => ({ clusterId }))] };
}

/** Within one call the first of a repeated external id counts; the others are compared with it. */
function firstOfEachId(rows: Rows[]): Rows[] {
  const seen = new Set<string>();
  return rows.filter(({ failure: { externalId } }) => {
    if (externalId === null) return true;
    if (seen.has(externalId)) return false;
    seen.add(externalId);
    return true;
  });
}

/** One transaction: topics, prompts and failures; then what is stored under the external ids, and what changed. */
async function storeFailures(services: Recorder, rows: Rows[], state: FailureState, now: number) {
  const { db } = services;
  const topics = rows.flatMap(({ topic }) => topic ?? []);
  const asked = rows.map(({ prompt }) => prompt);
  const failed = rows.map(({ failure }) => ({ ...failure, ...state }));
  const promptIds = valuesOf(asked.map(({ id }) => id));
  const externalIds = rows.flatMap(({ failure }) => failure.externalId ?? []);
  const hashes = JSON.stringify(await Promise.all(externalIds.map(async (id) => [id, await sha256Hex(id)])));
  const notErased = (externalId: SQL) => sql`not exists (
    select 1 from json_each(${hashes}) h join ${erasures} e on e.external_id_hash = json_extract(h.value, '$[1]')
    where json_extract(h.value, '$[0]') = ${externalId})`;
  const results = await db.batch([
    ...ensureTopics(services, topics, now),
    db.insert(prompts).select(rowsFromJson(prompts, asked)),
    db
      .insert(failedReplies)
      .select(
        rowsFromJson(failedReplies, failed, {
          // Up to here the column carries the topic's key; its cluster is only known inside the batch.
          compute: { clusterId: clusterIdOf },
          where: (given) => notErased(given("externalId")),
        }),
      )
      .onConflictDoNothing({ target: failedReplies.externalId }),
    // A failure that was known before leaves the prompt that came with it without a failure.
    db
      .delete(prompts)
      .where(
        and(
          inArray(prompts.id, promptIds),
          not(exists(db.select({ one: sql`1` }).from(failedReplies).where(eq(failedReplies.promptId, prompts.id)))),
        ),
      ),
    db
      .select({ id: failedReplies.id, externalId: failedReplies.externalId, contentHash: failedReplies.contentHash })
      .from(failedReplies)
      .where(inArray(failedReplies.externalId, valuesOf(externalIds))),
    db
      .selectDistinct({ clusterId: failedReplies.clusterId, failureCategory: failedReplies.failureCategory })
      .from(failedReplies)
      .where(inArray(failedReplies.promptId, promptIds)),
  ]);
  return { known: results[5], changed: results[6] };
}

type Stored = Pick<typeof failedReplies.$inferSelect, "id" | "contentHash">;

/** @param stored what is kept under the same external id by now */
function resultOf({ id, externalId, contentHash }: Rows["failure"], stored: Stored | undefined): Recorded {
  if (stored === undefined && externalId !== null) return { result: "erased" };
  if (externalId === null || stored === undefined || stored.id === id) return { result: "recorded", id };
  return { result: stored.contentHash === contentHash ? "duplicate" : "conflict", id: stored.id };
}

type Rows = Awaited<ReturnType<typeof toRows>>;

async function toRows(input: FailureInput, importId: string | null, now: number, newId: () => string) {
  const { originalPrompt, conversation } = splitConversation(input);
  const promptId = newId();
  const id = newId();
  const failureExplanation = input.failure_explanation ?? null;
  const contextUrl = input.context_url ?? null;
  const metadata = input.metadata ?? null;
  const { ai_reply: aiReply, agent_reply: agentReply } = input;
  const turns = (conversation ?? []).map(({ content }) => content);
  const names = knownNames(metadata, [originalPrompt, ...turns, aiReply, agentReply, failureExplanation ?? ""]);
  const topic = sharedLabel(input.topic, names, MAX_TOPIC);
  const failureCategory = sharedLabel(input.failure_category, names, MAX_CATEGORY);
  return {
    topic,
    prompt: { id: promptId, originalPrompt, conversation, contextUrl, createdAt: now },
    failure: {
      id,
      promptId,
      externalId: input.external_id ?? null,
      contentHash: await contentHash(input),
      aiReply,
      agentReply,
      failureExplanation,
      failureCategory,
      failureCategorySource: failureCategory ? ("helpdesk" as const) : null,
      clusterId: topic ? topicKey(topic) : null,
      topicSource: topic ? ("helpdesk" as const) : null,
      servedPromptId: input.prompt_id ?? null,
      importId,
      aiRating: input.ai_rating ?? null,
      agentRating: input.agent_rating ?? null,
      channel: input.channel ?? null,
      agent: agentOf(input.metadata?.agent),
      model: input.model ?? null,
      customerKey: await customerKey({ metadata, contextUrl, message: originalPrompt }),
      suspicion: suspicionOf({ originalPrompt, conversation, aiReply, agentReply, failureExplanation }),
      metadata,
      knownNames: names,
      occurredAt: input.occurred_at ? Date.parse(input.occurred_at) : now,
      createdAt: now,
      updatedAt: now,
    },
  };
}

/**
 * A topic or category is for all customers, so it goes without the names of this one.
 * @param max what can be asked for: with placeholders it may get longer
 */
function sharedLabel(given: string | null | undefined, names: string[] | null, max: number): string | null {
  if (!given || names === null) return given || null;
  // "quill_refund" is two words.
  const words = given.replaceAll("_", " ");
  const shared = textWithoutPersonalData(words, names);
  return shared === words ? given : excerpt(shared, max);
}

const MAX_AGENT = 200;

/** A name in the metadata; anything else there is none. */
function agentOf(given: unknown): string | null {
  return typeof given === "string" ? excerpt(label(given), MAX_AGENT) || null : null;
}

/** Tells a repeated delivery from other content under the same external id. Fields left out and null are the same. */
function contentHash(input: FailureInput): Promise<string> {
  return sha256Hex(stableJson(Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null))));
}

/**
 * The customer's message, and the turns before it. Helpdesks send the message itself as the last turn as well, or
 * only the conversation, the failed reply at its end: neither may be in the prompt twice.
 */
function splitConversation({ original_prompt, conversation, ai_reply }: FailureInput): {
  originalPrompt: string;
  conversation: Turn[] | null;
} {
  const turns = [...(conversation ?? [])];
  if (turns.at(-1)?.role === "assistant" && turns.at(-1)?.content === ai_reply) turns.pop();
  const last = turns.findLastIndex(({ role }) => role === "user");
  const asked = original_prompt ?? turns[last]?.content ?? "";
  const repeats = last === turns.length - 1 && turns[last]?.content === asked;
  const earlier = original_prompt == null || repeats ? turns.slice(0, Math.max(last, 0)) : turns;
  return { originalPrompt: asked, conversation: earlier.length > 0 ? earlier : null };
}
