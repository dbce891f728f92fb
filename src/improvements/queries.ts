import { and, asc, desc, eq, gte, isNotNull, lt, or, type SQL, sql } from "drizzle-orm";
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

/**
 * The leaderboard: current improvements, by gain or newest first; unscored ones come last by gain. Those that a person
 * rejected are left out unless they are asked for.
 */
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

type Review = ImprovementQuery["review"];

/** SQL: the gain of a scored improvement, null otherwise. */
const gain = sql`nullif(${improvements.meanRank}, ${UNSCORED_RANK})`;

/** What tables of gains add up. */
const sums = {
  improvements: sql<number>`count(*)`,
  scored: sql<number>`count(${gain})`,
  points: sql<number>`cast(total(${gain}) as integer)`,
  better: sql<number>`coalesce(sum(${gain} > 0), 0)`,
  worse: sql<number>`coalesce(sum(${gain} < 0), 0)`,
};
type Sums = { [K in keyof typeof sums]: number };

const NOTHING: Sums = { improvements: 0, scored: 0, points: 0, better: 0, worse: 0 };

function meanGain({ points, scored }: Sums): number | null {
  return toTenth(scored === 0 ? null : points / scored);
}

/**
 * Without a word on reviews, what people rejected is taken off again: all are added up from an index alone, and of the
 * rejected there are only as many as people had time for.
 */
function lessRejected(all: Sums, rejected: Sums = NOTHING): Sums {
  const left = Object.entries(all).map(([name, sum]) => [name, sum - rejected[name as keyof Sums]]);
  return Object.fromEntries(left) as Sums;
}

const MOST_CREDITED = 100;

/** What was gained, by failure category and by the agent who wrote the reply that was learned from. */
export async function improvementCredit(db: Db, review?: Review): Promise<Credit> {
  const [byCategory, byAgent] = await Promise.all([
    creditBy(db, improvements.failureCategory, review),
    creditBy(db, improvements.agent, review),
  ]);
  return {
    by_failure_category: byCategory.map(({ name, ...row }) => ({ failure_category: name, ...row })),
    by_agent: byAgent.map(({ name, ...row }) => ({ agent: name, ...row })),
  };
}

type Credited = typeof improvements.failureCategory | typeof improvements.agent;

async function creditBy(db: Db, column: Credited, review: Review) {
  const [all, rejected] = await Promise.all([
    sumsBy(db, column, isReviewed(review)),
    review === undefined ? sumsBy(db, column, isReviewed("rejected")) : [],
  ]);
  const off = new Map(rejected.map((row) => [row.name, row.sums]));
  return all
    .map((row) => ({ name: row.name, sums: lessRejected(row.sums, off.get(row.name)) }))
    .filter((row) => row.sums.improvements > 0)
    .map(({ name, sums: { improvements, scored, points, ...rest } }) => ({
      ...{ name, improvements, scored, points },
      mean_gain: meanGain({ improvements, scored, points, ...rest }),
    }))
    .sort((a, b) => b.points - a.points || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_CREDITED);
}

function sumsBy(db: Db, column: Credited, reviewed: SQL | undefined) {
  // The pluses keep SQLite to the index of reviews, where it finds few rows; in that of the groups it would read all.
  const where =
    reviewed === undefined
      ? and(eq(improvements.isCurrent, true), isNotNull(column))
      : and(sql`+${improvements.isCurrent} = 1`, sql`+${column} is not null`, reviewed);
  return db
    .select({ name: sql<string>`${column}`, sums })
    .from(improvements)
    .where(where)
    .groupBy(reviewed === undefined ? column : sql`+${column}`);
}

/** SQL: reviewed so; undefined for any. What leaves the rejected out takes them off again. */
function isReviewed(review: Review): SQL | undefined {
  return review === undefined || review === "all" ? undefined : eq(improvements.reviewStatus, review);
}

/** The totals over what a leaderboard query matches; without a text to search, an index alone adds up all. */
export async function improvementTotals(db: Db, query: ImprovementQuery) {
  const [all, rejected] = await Promise.all([
    addUp(db, { ...query, review: query.review ?? "all" }),
    query.review === undefined ? addUp(db, { ...query, review: "rejected" }) : NOTHING,
  ]);
  const left = lessRejected(all, rejected);
  const { points: _, ...counts } = left;
  return { ...counts, mean_gain: meanGain(left) };
}

async function addUp(db: Db, query: ImprovementQuery): Promise<Sums> {
  const where = await conditions(db, query);
  const totals = db.select(sums).from(improvements).$dynamic();
  const searched = query.q ? totals.innerJoin(prompts, eq(prompts.id, improvements.promptId)) : totals;
  const [row] = where ? await searched.where(and(...where)) : [];
  return row ?? NOTHING;
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
  const reviewed = isReviewed(query.review);
  if (reviewed !== undefined) where.push(reviewed);
  // The plus: no index has all but one of its values in order.
  if (query.review === undefined) where.push(sql`+${improvements.reviewStatus} <> 'rejected'`);
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
