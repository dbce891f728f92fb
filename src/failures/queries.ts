import { and, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { findCluster } from "../clusters/topics/topics.ts";
import type { Db } from "../db/client.ts";
import { clusters } from "../db/schema/clusters.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { withdrawnFailures } from "../db/schema/withdrawals.ts";
import { idAfter, type Page, toPage } from "../http/pagination.ts";
import { found } from "../lib/errors.ts";
import { firstIdOf } from "../lib/ids.ts";
import { toRfc3339 } from "../lib/time.ts";
import type { FailureOutput, FailureQuery } from "./schemas.ts";

/** @throws RedraftError `not_found` */
export async function getFailure(db: Db, id: string): Promise<FailureOutput> {
  const [row] = await selectFailures(db).where(eq(failedReplies.id, id));
  return toOutput(found(row, "failure"));
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
  return toPage(rows, query.limit, ({ id }) => [id], toOutput);
}

/** SQL conditions of the filters that lists and runs share; null when they name a topic nobody knows. */
export async function failureConditions(
  db: Db,
  filter: Partial<Pick<FailureQuery, "status" | "import_id" | "failure_category" | "topic" | "since" | "until">>,
): Promise<SQL[] | null> {
  const where: SQL[] = [];
  if (filter.topic !== undefined) {
    const cluster = await findCluster(db, filter.topic);
    if (cluster === null) return null;
    where.push(eq(failedReplies.clusterId, cluster.id));
  }
  if (filter.import_id !== undefined) where.push(eq(failedReplies.importId, filter.import_id));
  if (filter.status !== undefined) where.push(eq(failedReplies.status, filter.status));
  if (filter.failure_category !== undefined) where.push(eq(failedReplies.failureCategory, filter.failure_category));
  if (filter.since !== undefined) where.push(gte(failedReplies.id, firstIdOf(filter.since)));
  if (filter.until !== undefined) where.push(lt(failedReplies.id, firstIdOf(filter.until)));
  return where;
}

function selectFailures(db: Db) {
  return db
    .select({
      id: failedReplies.id,
      status: failedReplies.status,
      reason_code: failedReplies.reasonCode,
      reason: failedReplies.reason,
      tries: failedReplies.tries,
      external_id: failedReplies.externalId,
      prompt_id: prompts.id,
      original_prompt: prompts.originalPrompt,
      conversation: prompts.conversation,
      ai_reply: failedReplies.aiReply,
      agent_reply: failedReplies.agentReply,
      failure_explanation: failedReplies.failureExplanation,
      failure_category: failedReplies.failureCategory,
      failure_category_source: failedReplies.failureCategorySource,
      topic: clusters.topic,
      topic_source: failedReplies.topicSource,
      ai_rating: failedReplies.aiRating,
      agent_rating: failedReplies.agentRating,
      channel: failedReplies.channel,
      context_url: prompts.contextUrl,
      model: failedReplies.model,
      metadata: failedReplies.metadata,
      import_id: failedReplies.importId,
      withdrawal_id: sql<string | null>`case when ${failedReplies.status} = 'withdrawn' then
        (select max(w.withdrawal_id) from ${withdrawnFailures} w where w.failed_reply_id = ${failedReplies.id}) end`,
      occurred_at: failedReplies.occurredAt,
      created_at: failedReplies.createdAt,
      updated_at: failedReplies.updatedAt,
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .leftJoin(clusters, eq(clusters.id, failedReplies.clusterId))
    .$dynamic();
}

function toOutput(row: Awaited<ReturnType<typeof selectFailures>>[number]): FailureOutput {
  return {
    ...row,
    occurred_at: toRfc3339(row.occurred_at),
    created_at: toRfc3339(row.created_at),
    updated_at: toRfc3339(row.updated_at),
  };
}
