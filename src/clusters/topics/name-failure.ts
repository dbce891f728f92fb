import { and, count, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../db/client.ts";
import { clusters } from "../../db/schema/clusters.ts";
import { failedReplies, type NameSource, NOT_WITHDRAWN } from "../../db/schema/failures.ts";
import { log } from "../../lib/log.ts";
import { excerpt } from "../../lib/text.ts";
import { completeJson } from "../../llm/complete-json.ts";
import { ModelError } from "../../llm/model.ts";
import { askAbout, listOf } from "../../llm/sections.ts";
import { routeWithCopy } from "../../router/router-copy.ts";
import type { Services } from "../../services.ts";
import { nameFrom } from "./name-from.ts";
import { clusterIdOf, ensureTopics, topicKey } from "./topics.ts";

/** Names shown to the model to choose from: the most frequent ones. */
const SHOWN_TOPICS = 100;
const SHOWN_CATEGORIES = 40;
const SHOWN_LENGTH = 2_000;
const MAX_OUTPUT_TOKENS = 2_000;

const INSTRUCTIONS = `You sort customer support messages that an AI answered wrongly.

- topic: the type of query that the customer's message is, as a short lower_case_name such as refund_status. Take one of the known topics where one fits; only otherwise a new one. It names what the customer asks for, never how the reply failed. null if you cannot tell.
- failure_category: why the AI's reply failed, from the explanation, as a short lower_case_name such as missing_information. Take a known category where one fits; only otherwise a new one. null without an explanation, or if you cannot tell.
- A new name is two to four words of your own, lower case with underscores; never a stretch of the customer's message.

Answer as JSON: {"topic": string or null, "failure_category": string or null}.`;

const answer = z.object({ topic: z.string().nullable(), failure_category: z.string().nullable() });

type Failure = typeof failedReplies.$inferSelect;
export type Named = Pick<Failure, "failureCategory" | "clusterId">;
type Unnamed = Named &
  Pick<Failure, "id" | "failureExplanation" | "suspicion" | "knownNames"> & { originalPrompt: string };

/**
 * Gives a failure the topic and category that the helpdesk left out: one call to the model for both; without a usable
 * answer the topic comes from the router, or stays open. What is there is never overwritten. A failure whose texts speak
 * to the model is not shown to it here: what it would name would be the customer's choice.
 * @throws ModelError for failures that may pass: the whole correction is tried again then
 */
export async function nameFailure(
  services: Pick<Services, "db" | "model" | "config" | "clusters" | "bucket" | "clock" | "newId">,
  failure: Unnamed,
): Promise<Named> {
  const { failureCategory, clusterId, failureExplanation } = failure;
  const wantsCategory = failureCategory === null && failureExplanation !== null;
  if (clusterId !== null && !wantsCategory) return { failureCategory, clusterId };
  const named = failure.suspicion === "addresses_model" ? null : await askModel(services, failure);
  const topic = clusterId === null ? await topicFor(services, named?.topic ?? null, failure.originalPrompt) : null;
  return store(services, failure, topic, wantsCategory ? (named?.failure_category ?? null) : null);
}

async function askModel({ db, model, config }: Pick<Services, "db" | "model" | "config">, failure: Unnamed) {
  const known = await knownNames(db);
  const topics = known[0].map(({ topic }) => topic);
  const categories = known[1].map(({ category }) => category);
  try {
    const named = await completeJson(model, {
      model: config.CORRECTION_MODEL,
      name: "failure_names",
      schema: answer,
      messages: askAbout(INSTRUCTIONS, {
        known_topics: listOf(topics),
        known_failure_categories: listOf(categories),
        customer_message: excerpt(failure.originalPrompt, SHOWN_LENGTH),
        failure_explanation: failure.failureExplanation && excerpt(failure.failureExplanation, SHOWN_LENGTH),
      }),
      maxOutputTokens: MAX_OUTPUT_TOKENS,
    });
    const told = [failure.originalPrompt, failure.failureExplanation ?? ""];
    return {
      topic: nameFrom(named.topic, topics, told, failure.knownNames),
      failure_category: nameFrom(named.failure_category, categories, told, failure.knownNames),
    };
  } catch (error) {
    if (!(error instanceof ModelError) || error.failure === "retry") throw error;
    log.warn("failure_not_named", { failure_id: failure.id, code: error.code });
    return null;
  }
}

async function knownNames(db: Db) {
  const [n, m] = [count(), count()];
  return db.batch([
    db
      .select({ topic: clusters.topic, n: n.as("topic_count") })
      .from(failedReplies)
      .innerJoin(clusters, eq(clusters.id, failedReplies.clusterId))
      .groupBy(failedReplies.clusterId)
      .orderBy(desc(n))
      .limit(SHOWN_TOPICS),
    db
      .select({ category: sql<string>`${failedReplies.failureCategory}`.as("category"), m: m.as("category_count") })
      .from(failedReplies)
      .where(isNotNull(failedReplies.failureCategory))
      .groupBy(failedReplies.failureCategory)
      .orderBy(desc(m))
      .limit(SHOWN_CATEGORIES),
  ]);
}

interface Topic {
  name: string;
  source: NameSource;
}

async function topicFor(
  services: Pick<Services, "db" | "bucket" | "clock" | "config">,
  name: string | null,
  message: string,
): Promise<Topic | null> {
  if (name !== null) return { name, source: "model" };
  const routed = (await routeWithCopy(services, message, () => undefined))?.route.topic ?? null;
  return routed === null ? null : { name: routed, source: "router" };
}

async function store(
  services: Pick<Services, "db" | "clock" | "newId">,
  failure: Unnamed,
  topic: Topic | null,
  category: string | null,
): Promise<Named> {
  const { db, clock } = services;
  const mine = and(eq(failedReplies.id, failure.id), NOT_WITHDRAWN);
  const results = await db.batch([
    ...ensureTopics(services, topic === null ? [] : [topic.name], clock()),
    db
      .update(failedReplies)
      .set({ clusterId: clusterIdOf(sql`${topicKey(topic?.name ?? "")}`), topicSource: topic?.source ?? null })
      .where(and(mine, isNull(failedReplies.clusterId))),
    db
      .update(failedReplies)
      .set({ failureCategory: category, failureCategorySource: category === null ? null : "model" })
      .where(and(mine, isNull(failedReplies.failureCategory))),
    db
      .select({ clusterId: failedReplies.clusterId, failureCategory: failedReplies.failureCategory })
      .from(failedReplies)
      .where(mine),
  ]);
  return results[4][0] ?? { clusterId: failure.clusterId, failureCategory: failure.failureCategory };
}
