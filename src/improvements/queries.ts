import { and, asc, count, desc, eq, gte, isNotNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import { findCluster } from "../clusters/topics/topics.ts";
import type { Db } from "../db/client.ts";
import { clusters } from "../db/schema/clusters.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { improvements, reviews, UNSCORED_RANK } from "../db/schema/improvements.ts";
import { decodeCursor, type Page, toPage } from "../http/pagination.ts";
import { toTenth } from "../lib/statistics/estimates.ts";
import { toRfc3339 } from "../lib/time.ts";
import type { Credit, ImprovementOutput, ImprovementQuery } from "./schemas.ts";

/** The column each sort is by; null: by time. */
const ORDERS = { score_gain: "rank", mean_gain: "meanRank", newest: null } as const;

/** The leaderboard: current improvements, by gain or newest first; unscored ones come last by gain. */
export async function listImprovements(db: Db, query: ImprovementQuery): Promise<Page<ImprovementOutput>> {
  const where = await conditions(db, query);
  if (where === null) return { data: [], next_cursor: null };
  const by = ORDERS[query.sort];
  if (query.cursor) {
    const position = decodeCursor(query.cursor, by ? ["number", "number"] : ["number"]);
    where.push(
      by
        ? sql`(${improvements[by]}, ${improvements.seq}) < (${position[0]}, ${position[1]})`
        : lt(improvements.seq, Number(position[0])),
    );
  }
  const rows = await selectImprovements(db)
    .where(and(...where))
    .orderBy(...(by ? [desc(improvements[by])] : []), desc(improvements.seq))
    .limit(query.limit + 1);
  return toPage(rows, query.limit, ({ place }) => (by ? [place[by], place.seq] : [place.seq]), toOutput);
}

export type ImprovementDetail = NonNullable<Awaited<ReturnType<typeof getImprovement>>>;

/** One improvement, with what the judge said and what people decided, oldest first. */
export async function getImprovement(db: Db, id: string) {
  const [row] = await selectImprovements(db).where(eq(improvements.id, id));
  if (row === undefined) return null;
  const decisions = await db.select().from(reviews).where(eq(reviews.improvementId, id)).orderBy(asc(reviews.version));
  return { ...toOutput(row), ...row.detail, reviews: decisions };
}

/** SQL: the gain of a scored improvement, null otherwise; and what tables of gains count. */
const gain = sql`nullif(${improvements.meanRank}, ${UNSCORED_RANK})`;
const gained = {
  improvements: count(),
  scored: sql<number>`count(${gain})`,
  mean: sql<number | null>`avg(${gain})`,
};

const MOST_CREDITED = 100;

/** What was gained, by failure category and by the agent who wrote the reply that was learned from. */
export async function improvementCredit(db: Db): Promise<Credit> {
  const [byCategory, byAgent] = await Promise.all([
    creditBy(db, improvements.failureCategory),
    creditBy(db, improvements.agent),
  ]);
  return {
    by_failure_category: byCategory.map(({ name, ...row }) => ({ failure_category: name, ...row })),
    by_agent: byAgent.map(({ name, ...row }) => ({ agent: name, ...row })),
  };
}

async function creditBy(db: Db, column: typeof improvements.failureCategory | typeof improvements.agent) {
  const rows = await db
    .select({
      name: sql<string>`${column}`,
      ...gained,
      points: sql<number>`cast(total(${gain}) as integer)`,
    })
    .from(improvements)
    .where(and(eq(improvements.isCurrent, true), isNotNull(column)))
    .groupBy(column);
  return rows
    .map(({ mean, ...row }) => ({ ...row, mean_gain: toTenth(mean) }))
    .sort((a, b) => b.points - a.points || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_CREDITED);
}

/** The totals over what a leaderboard query matches; without a text to search, an index alone answers it. */
export async function improvementTotals(db: Db, query: ImprovementQuery) {
  const where = await conditions(db, query);
  const totals = db
    .select({
      ...gained,
      better: sql<number>`coalesce(sum(${gain} > 0), 0)`,
      worse: sql<number>`coalesce(sum(${gain} < 0), 0)`,
    })
    .from(improvements)
    .$dynamic();
  const searched = query.q ? totals.innerJoin(prompts, eq(prompts.id, improvements.promptId)) : totals;
  const [row] = where ? await searched.where(and(...where)) : [];
  const { mean = null, ...counts } = row ?? { improvements: 0, scored: 0, better: 0, worse: 0 };
  return { ...counts, mean_gain: toTenth(mean) };
}

export type Totals = Awaited<ReturnType<typeof improvementTotals>>;

async function conditions(db: Db, query: ImprovementQuery): Promise<SQL[] | null> {
  // The plus keeps SQLite from an index that begins with this column: it would have to sort what it finds there by time.
  const where = [query.sort === "newest" ? sql`+${improvements.isCurrent} = 1` : eq(improvements.isCurrent, true)];
  if (query.topic !== undefined) {
    const cluster = await findCluster(db, query.topic);
    if (cluster === null) return null;
    where.push(eq(improvements.clusterId, cluster.id));
  }
  if (query.failure_category !== undefined) where.push(eq(improvements.failureCategory, query.failure_category));
  if (query.review !== undefined) where.push(eq(improvements.reviewStatus, query.review));
  if (query.min_gain !== undefined) where.push(gte(improvements.meanRank, query.min_gain));
  if (query.q) {
    // instr, not LIKE: D1 takes LIKE patterns of at most 50 bytes, and % and _ are plain text here.
    const occurs = (text: AnySQLiteColumn) => sql`instr(lower(${text}), lower(${query.q})) > 0`;
    const found = or(
      occurs(prompts.originalPrompt),
      occurs(improvements.correctedReply),
      occurs(improvements.originalReply),
    );
    if (found) where.push(found);
  }
  return where;
}

function selectImprovements(db: Db) {
  return db
    .select({
      shown: {
        id: improvements.id,
        failure_id: improvements.failedReplyId,
        prompt_id: improvements.promptId,
        version: improvements.version,
        original_prompt: prompts.originalPrompt,
        original_reply: improvements.originalReply,
        corrected_reply: improvements.correctedReply,
        agent_reply: failedReplies.agentReply,
        old_rating: improvements.oldRating,
        new_rating: improvements.newRating,
        score_gain_estimate: improvements.scoreGainEstimate,
        gain_spread: improvements.gainSpread,
        failure_category: improvements.failureCategory,
        topic: clusters.topic,
        pairwise: improvements.pairwise,
        guard_findings: improvements.guardFindings,
        edited: improvements.edited,
        review_status: improvements.reviewStatus,
        context_url: prompts.contextUrl,
        model: improvements.model,
        judge_model: improvements.judgeModel,
        created_at: improvements.createdAt,
      },
      detail: {
        conversation: prompts.conversation,
        failure_explanation: failedReplies.failureExplanation,
        judgement: improvements.judgement,
        cluster_id: improvements.clusterId,
        is_current: improvements.isCurrent,
        withdrawn: sql`${failedReplies.status} = 'withdrawn'`.mapWith(Boolean),
      },
      place: { rank: improvements.rank, meanRank: improvements.meanRank, seq: improvements.seq },
    })
    .from(improvements)
    .innerJoin(prompts, eq(prompts.id, improvements.promptId))
    .innerJoin(failedReplies, eq(failedReplies.id, improvements.failedReplyId))
    .leftJoin(clusters, eq(clusters.id, improvements.clusterId))
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof selectImprovements>>[number];

function toOutput({ shown }: Row): ImprovementOutput {
  return { ...shown, created_at: toRfc3339(shown.created_at) };
}
