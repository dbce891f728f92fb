import { and, desc, eq, gte, lt, type SQL } from "drizzle-orm";
import { findCluster } from "../clusters/topics/topics.ts";
import type { Db } from "../db/client.ts";
import { clusters } from "../db/schema/clusters.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { idAfter, type Page, toPage } from "../http/pagination.ts";
import { firstIdOf } from "../lib/ids.ts";
import { toRfc3339 } from "../lib/time.ts";
import type { FailureOutput, FailureQuery } from "./schemas.ts";

export async function getFailure(db: Db, id: string): Promise<FailureOutput | null> {
  const [row] = await selectFailures(db).where(eq(failedReplies.id, id));
  return row ? toOutput(row) : null;
}

/** Newest first. */
export async function listFailures(db: Db, query: FailureQuery): Promise<Page<FailureOutput>> {
  const where = await failureConditions(db, query);
  if (where === null) return { data: [], next_cursor: null };
  const after = idAfter(query.cursor);
  if (after) where.push(lt(failedReplies.id, after));
  const rows = await selectFailures(db)
    .where(and(...where))
    .orderBy(desc(failedReplies.id))
    .limit(query.limit + 1);
  return toPage(rows, query.limit, (row) => [row.failure.id], toOutput);
}

/** SQL conditions of the filters that lists and runs share; null when they name a topic nobody knows. */
export async function failureConditions(
  db: Db,
  filter: Partial<Pick<FailureQuery, "status" | "failure_category" | "topic" | "since" | "until">>,
): Promise<SQL[] | null> {
  const where: SQL[] = [];
  if (filter.topic !== undefined) {
    const cluster = await findCluster(db, filter.topic);
    if (cluster === null) return null;
    where.push(eq(failedReplies.clusterId, cluster.id));
  }
  if (filter.status !== undefined) where.push(eq(failedReplies.status, filter.status));
  if (filter.failure_category !== undefined) where.push(eq(failedReplies.failureCategory, filter.failure_category));
  if (filter.since !== undefined) where.push(gte(failedReplies.id, firstIdOf(filter.since)));
  if (filter.until !== undefined) where.push(lt(failedReplies.id, firstIdOf(filter.until)));
  return where;
}

function selectFailures(db: Db) {
  return db
    .select({ failure: failedReplies, prompt: prompts, topic: clusters.topic })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .leftJoin(clusters, eq(clusters.id, failedReplies.clusterId))
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof selectFailures>>[number];

function toOutput({ failure, prompt, topic }: Row): FailureOutput {
  return {
    id: failure.id,
    status: failure.status,
    reason_code: failure.reasonCode,
    reason: failure.reason,
    tries: failure.tries,
    external_id: failure.externalId,
    prompt_id: prompt.id,
    original_prompt: prompt.originalPrompt,
    conversation: prompt.conversation,
    ai_reply: failure.aiReply,
    agent_reply: failure.agentReply,
    failure_explanation: failure.failureExplanation,
    failure_category: failure.failureCategory,
    failure_category_source: failure.failureCategorySource,
    topic,
    topic_source: failure.topicSource,
    ai_rating: failure.aiRating,
    agent_rating: failure.agentRating,
    channel: failure.channel,
    context_url: prompt.contextUrl,
    model: failure.model,
    metadata: failure.metadata,
    occurred_at: toRfc3339(failure.occurredAt),
    created_at: toRfc3339(failure.createdAt),
    updated_at: toRfc3339(failure.updatedAt),
  };
}
