import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { outcomes, promptCounts } from "../db/schema/experiments.ts";
import { firstIdOf } from "../lib/ids.ts";
import type { SplitCount } from "../lib/statistics/split-test.ts";
import { dayOf } from "../lib/time.ts";
import type { FailedConversations, LiftCounts, ReportedConversations } from "./lift.ts";
import { PROMPT_ARMS } from "./prompt-id.ts";

/** One cluster's guidance, as it is tested since then; or all of it. */
export type Scope = { clusterId: string; since: number } | "all";

/** From when on outcomes judge a cluster's guidance. */
export function judgedSince({ testedSince, switchedAt }: { testedSince: number; switchedAt: number }): number {
  return Math.max(testedSince, switchedAt);
}

const IS_PLAIN = sql.raw(`arm = ${PROMPT_ARMS.holdout}`);
/** Prompts that had guidance, given or held out. */
const HAD_GUIDANCE = sql.raw(`arm <> ${PROMPT_ARMS.plain}`);

/** What the guidance of a scope is judged by. */
export async function countForLift(db: Db, scope: Scope): Promise<LiftCounts> {
  const [failed, asked, reported] = await Promise.all([
    countFailed(db, scope),
    countAsked(db, scope),
    countReported(db, scope),
  ]);
  return { failed, asked, reported };
}

/**
 * Failed conversations by how likely they were to be held out; each once, by its first prompt that failed. (Of the
 * columns beside min(), SQLite takes those of the row that has it.)
 */
export async function countFailed(db: Db, scope: Scope): Promise<FailedConversations[]> {
  const rows = await db.all<{ share: number; told: number; n: number; k: number }>(sql`
    select plain_share as share, told_apart as told, count(*) as n, sum(${IS_PLAIN}) as k from (
      select arm, plain_share, told_apart, min(prompt_id) from ${outcomes}
      where failed = 1 and ${HAD_GUIDANCE} and ${isIn(scope)} group by cluster_id, conversation)
    group by 1, 2`);
  return rows.map(({ share, told, n, k }) => ({ share, toldApart: told === 1, n, k }));
}

/** Conversations that began, by how likely they were to be held out: what a scope's split is checked by. */
export function countAsked(db: Db, scope: Scope): Promise<SplitCount[]> {
  const wanted = scope === "all" ? sql`true` : sql`cluster_id = ${scope.clusterId} and day >= ${dayOf(scope.since)}`;
  return db.all<SplitCount>(sql`
    select plain_share as share, sum(conversations) as n, total(case when ${IS_PLAIN} then conversations end) as k
    from ${promptCounts} where ${HAD_GUIDANCE} and ${wanted} group by 1`);
}

/** Conversations with an outcome, failed or not. */
async function countReported(db: Db, scope: Scope): Promise<ReportedConversations[]> {
  const rows = await db.all<{ plain: number; plain_failed: number; guided: number; guided_failed: number }>(sql`
    select sum(${IS_PLAIN}) as plain, sum(${IS_PLAIN} and failed) as plain_failed,
      sum(not ${IS_PLAIN}) as guided, sum(not ${IS_PLAIN} and failed) as guided_failed
    from (select arm, plain_share, min(prompt_id), sum(failed) > 0 as failed from ${outcomes}
      where ${HAD_GUIDANCE} and ${isIn(scope)} group by cluster_id, conversation)
    group by plain_share`);
  return rows.map((row) => ({
    plain: { n: row.plain, failed: row.plain_failed },
    guided: { n: row.guided, failed: row.guided_failed },
  }));
}

/** Prompt ids sort by time, so prompts served since then are a range of them. */
function isIn(scope: Scope): SQL {
  return scope === "all" ? sql`true` : sql`cluster_id = ${scope.clusterId} and prompt_id >= ${firstIdOf(scope.since)}`;
}
