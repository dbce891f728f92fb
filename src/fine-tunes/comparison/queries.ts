import { and, asc, desc, eq, gt, inArray, isNotNull, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { Db } from "../../db/client.ts";
import { clusters } from "../../db/schema/clusters.ts";
import { failedReplies, prompts } from "../../db/schema/failures.ts";
import { comparisonCases, comparisons } from "../../db/schema/fine-tunes.ts";
import { decodeCursor, type Page, toPage } from "../../http/pagination.ts";
import { toRfc3339, toRfc3339OrNull } from "../../lib/time.ts";
import type { CaseOutput, ComparisonOutput } from "./schemas.ts";
import { meaningOf, summarise } from "./summary.ts";

/** The newest comparison of a fine-tune, whatever its state. */
export async function getComparison(db: Db, fineTuneId: string): Promise<ComparisonOutput | null> {
  const [row] = await db
    .select()
    .from(comparisons)
    .where(eq(comparisons.fineTuneId, fineTuneId))
    .orderBy(desc(comparisons.id))
    .limit(1);
  if (row === undefined) return null;
  const cases = await readNumbers(db, row.id);
  const withStatus = (wanted: string) => cases.filter(({ status }) => status === wanted);
  const summary = summarise(cases);
  return {
    id: row.id,
    fine_tune_id: row.fineTuneId,
    status: row.status,
    waiting: row.waiting,
    error: row.error,
    base_model: row.baseModel,
    tuned_model: row.tunedModel,
    judge_model: row.judgeModel,
    rubric: row.rubric,
    meaning: meaningOf(summary),
    unseen: countBy(cases, ({ unseen }) => unseen),
    cases: cases.length,
    open: withStatus("open").length,
    unscored: countBy(withStatus("unscored"), ({ reasonCode }) => reasonCode ?? "unknown"),
    ...summary,
    clusters: byTopic(cases),
    tokens: row.tokens,
    created_at: toRfc3339(row.createdAt),
    finished_at: toRfc3339OrNull(row.finishedAt),
  };
}

type Numbers = Awaited<ReturnType<typeof readNumbers>>[number];

/** A case belongs to the cluster its failure is in by now; of an erased one only its first cluster is known. */
const successor = alias(clusters, "successor");
const topicOf = sql<string | null>`coalesce(${successor.topic}, ${clusters.topic})`.as("topic");
const clusterOf = sql`coalesce(${failedReplies.clusterId}, ${comparisonCases.clusterId})`;

function readNumbers(db: Db, comparisonId: string) {
  return db
    .select({
      topic: topicOf,
      unseen: comparisonCases.unseen,
      status: comparisonCases.status,
      reasonCode: comparisonCases.reasonCode,
      baseRating: comparisonCases.baseRating,
      tunedRating: comparisonCases.tunedRating,
      pairwise: comparisonCases.pairwise,
    })
    .from(comparisonCases)
    .leftJoin(failedReplies, eq(failedReplies.id, comparisonCases.failedReplyId))
    .leftJoin(clusters, eq(clusters.id, clusterOf))
    .leftJoin(successor, eq(successor.id, clusters.mergedInto))
    .where(eq(comparisonCases.comparisonId, comparisonId));
}

/** The clusters with most cases first. */
function byTopic(cases: Numbers[]): ComparisonOutput["clusters"] {
  return [...Map.groupBy(cases, ({ topic }) => topic)]
    .map(([topic, own]) => ({ topic, cases: own.length, ...summarise(own) }))
    .sort((a, b) => b.cases - a.cases || (a.topic ?? "").localeCompare(b.topic ?? ""));
}

function countBy<T>(rows: T[], key: (row: T) => string): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(rows, key)].map(([name, own]) => [name, own.length]));
}

function selectCases(db: Db) {
  return db
    .select({
      held: comparisonCases,
      prompt: prompts.originalPrompt,
      agentReply: failedReplies.agentReply,
      topic: topicOf,
    })
    .from(comparisonCases)
    .leftJoin(failedReplies, eq(failedReplies.id, comparisonCases.failedReplyId))
    .leftJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .leftJoin(clusters, eq(clusters.id, clusterOf))
    .leftJoin(successor, eq(successor.id, clusters.mergedInto))
    .$dynamic();
}

/** The cases of a comparison with both replies, in the order they were drawn. */
export async function listCases(
  db: Db,
  comparisonId: string,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<Page<CaseOutput>> {
  const after = cursor === undefined ? -1 : Number(decodeCursor(cursor, ["number"])[0]);
  const rows = await selectCases(db)
    .where(and(eq(comparisonCases.comparisonId, comparisonId), gt(comparisonCases.position, after)))
    .orderBy(asc(comparisonCases.position))
    .limit(limit + 1);
  return toPage(rows, limit, ({ held }) => [held.position], toCase);
}

/**
 * A few cases for people to read, evenly spread from the largest gain to the largest loss, so that neither the best
 * nor the worst passes for typical.
 */
export async function exampleCases(db: Db, comparisonId: string, count: number): Promise<CaseOutput[]> {
  const scored = await db
    .select({ position: comparisonCases.position })
    .from(comparisonCases)
    .where(
      and(
        eq(comparisonCases.comparisonId, comparisonId),
        eq(comparisonCases.status, "scored"),
        isNotNull(comparisonCases.baseReply),
      ),
    )
    .orderBy(desc(sql`${comparisonCases.tunedRating} - ${comparisonCases.baseRating}`), asc(comparisonCases.position));
  const places = spread(scored.length, count).flatMap((at) => scored[at]?.position ?? []);
  if (places.length === 0) return [];
  const rows = await selectCases(db).where(
    and(eq(comparisonCases.comparisonId, comparisonId), inArray(comparisonCases.position, places)),
  );
  return rows.map(toCase).sort((a, b) => places.indexOf(a.position) - places.indexOf(b.position));
}

/** `count` places among `length`, first and last included, evenly apart. */
export function spread(length: number, count: number): number[] {
  const most = Math.min(length, count);
  return Array.from({ length: most }, (_, i) => (most === 1 ? 0 : Math.round((i * (length - 1)) / (most - 1))));
}

function toCase({ held, prompt, agentReply, topic }: Awaited<ReturnType<typeof selectCases>>[number]): CaseOutput {
  return {
    position: held.position,
    failure_id: held.failedReplyId,
    erased: agentReply === null,
    unseen: held.unseen,
    topic,
    status: held.status,
    reason_code: held.reasonCode,
    original_prompt: prompt,
    agent_reply: agentReply,
    base_reply: held.baseReply,
    tuned_reply: held.tunedReply,
    base_rating: held.baseRating,
    tuned_rating: held.tunedRating,
    pairwise: held.pairwise,
  };
}
