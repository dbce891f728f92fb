import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, or, sql } from "drizzle-orm";
import { alias, type SQLiteColumn } from "drizzle-orm/sqlite-core";
import { columnsByName, type Db } from "../../db/client.ts";
import { clusters } from "../../db/schema/clusters.ts";
import { failedReplies, NOT_WITHDRAWN, prompts } from "../../db/schema/failures.ts";
import { comparisonCases, comparisons, type LostReply } from "../../db/schema/fine-tunes.ts";
import { decodeCursor, type Page, toPage } from "../../http/pagination.ts";
import { toRfc3339, toRfc3339OrNull } from "../../lib/time.ts";
import type { CaseOutput, ComparisonOutput } from "./schemas.ts";
import { meaningOf, summarise } from "./summary.ts";

/** The newest comparison of a fine-tune, whatever its state. */
export async function getComparison(db: Db, fineTuneId: string): Promise<ComparisonOutput | null> {
  const [row] = await db
    .select(columnsByName(comparisons))
    .from(comparisons)
    .where(eq(comparisons.fineTuneId, fineTuneId))
    .orderBy(desc(comparisons.id))
    .limit(1);
  if (row === undefined) return null;
  const { case_limit, judge_samples, ...own } = row;
  const cases = await selectCases(db, { texts: false }).where(eq(comparisonCases.comparisonId, row.id));
  const withStatus = (wanted: string) => cases.filter(({ status }) => status === wanted);
  const summary = summarise(cases);
  const unscored = countBy(withStatus("unscored"), ({ reason_code }) => reason_code ?? "unknown");
  const countLost = (lost: (row: (typeof cases)[number]) => LostReply | null) =>
    countBy(
      withStatus("scored").flatMap((row) => lost(row) ?? []),
      (reason) => reason,
    );
  const clusters = [...Map.groupBy(cases, ({ topic }) => topic)]
    .map(([topic, within]) => ({ topic, cases: within.length, ...summarise(within) }))
    .sort((a, b) => b.cases - a.cases || (a.topic ?? "").localeCompare(b.topic ?? ""));
  return {
    ...own,
    meaning: meaningOf(summary, { base: unscored.base_reply_failed ?? 0, tuned: unscored.tuned_reply_failed ?? 0 }),
    unseen: countBy(cases, ({ unseen }) => unseen),
    cases: cases.length,
    open: withStatus("open").length,
    unscored,
    no_reply: { base: countLost(({ base_lost }) => base_lost), tuned: countLost(({ tuned_lost }) => tuned_lost) },
    ...summary,
    clusters,
    created_at: toRfc3339(own.created_at),
    finished_at: toRfc3339OrNull(own.finished_at),
  };
}

function countBy<T>(rows: T[], key: (row: T) => string): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(rows, key)].map(([name, own]) => [name, own.length]));
}

const successor = alias(clusters, "successor");

/**
 * A case belongs to the cluster its failure is in by now; of an erased one only its first cluster is known.
 * @param texts without them a few hundred cases are some kilobytes, and not some megabytes
 */
function selectCases(db: Db, { texts }: { texts: boolean }) {
  const { position, unseen, status, reason_code, base_reply, tuned_reply, base_rating, tuned_rating, pairwise } =
    columnsByName(comparisonCases);
  const { base_lost, tuned_lost } = columnsByName(comparisonCases);
  const taken = sql`coalesce(${failedReplies.status} = 'withdrawn', false)`;
  const unlessTaken = <T>(column: SQLiteColumn, otherwise: string) =>
    sql<T>`case when ${taken} then ${otherwise} else ${column} end`;
  const text = (column: SQLiteColumn) => (texts ? sql<string | null>`${column}` : sql<string | null>`null`);
  return db
    .select({
      ...{ position, unseen, base_rating, tuned_rating, base_lost, tuned_lost, pairwise },
      status: unlessTaken<typeof comparisonCases.$inferSelect.status>(status, "unscored"),
      reason_code: unlessTaken<string | null>(reason_code, "withdrawn"),
      failure_id: comparisonCases.failedReplyId,
      erased: sql`${isNull(failedReplies.id)}`.mapWith(Boolean),
      topic: sql<string | null>`coalesce(${successor.topic}, ${clusters.topic})`,
      ...{ original_prompt: text(prompts.originalPrompt), agent_reply: text(failedReplies.agentReply) },
      ...{ base_reply: text(base_reply), tuned_reply: text(tuned_reply) },
    })
    .from(comparisonCases)
    .leftJoin(failedReplies, eq(failedReplies.id, comparisonCases.failedReplyId))
    .leftJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .leftJoin(clusters, eq(clusters.id, sql`coalesce(${failedReplies.clusterId}, ${comparisonCases.clusterId})`))
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
  const rows = await selectCases(db, { texts: true })
    .where(and(eq(comparisonCases.comparisonId, comparisonId), gt(comparisonCases.position, after)))
    .orderBy(asc(comparisonCases.position))
    .limit(limit + 1);
  return toPage(
    rows,
    limit,
    ({ position }) => [position],
    (row) => row,
  );
}

/**
 * A few cases for people to read, evenly spread from the largest gain to the largest loss, so that neither the best
 * nor the worst passes for typical.
 */
export async function exampleCases(db: Db, comparisonId: string, count: number): Promise<CaseOutput[]> {
  const own = eq(comparisonCases.comparisonId, comparisonId);
  const scored = await db
    .select({ position: comparisonCases.position })
    .from(comparisonCases)
    .leftJoin(failedReplies, eq(failedReplies.id, comparisonCases.failedReplyId))
    .where(
      and(
        own,
        or(isNull(failedReplies.id), NOT_WITHDRAWN),
        eq(comparisonCases.status, "scored"),
        // Of an erased one neither is left.
        or(isNotNull(comparisonCases.baseReply), isNotNull(comparisonCases.tunedReply)),
      ),
    )
    .orderBy(desc(sql`${comparisonCases.tunedRating} - ${comparisonCases.baseRating}`), asc(comparisonCases.position));
  const places = spread(scored.length, count).flatMap((at) => scored[at]?.position ?? []);
  if (places.length === 0) return [];
  const rows = await selectCases(db, { texts: true }).where(and(own, inArray(comparisonCases.position, places)));
  return rows.sort((a, b) => places.indexOf(a.position) - places.indexOf(b.position));
}

/** `count` places among `length`, first and last included, evenly apart. */
export function spread(length: number, count: number): number[] {
  const most = Math.min(length, count);
  return Array.from({ length: most }, (_, i) => (most === 1 ? 0 : Math.round((i * (length - 1)) / (most - 1))));
}
