import { and, count, desc, eq, isNotNull, isNull, max, min, ne, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { clusterChanges, clusters } from "../db/schema/clusters.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { improvements } from "../db/schema/improvements.ts";
import { decodeCursor, type Page, toPage } from "../http/pagination.ts";
import { toTenth } from "../lib/statistics/estimates.ts";
import { DAY, toRfc3339OrNull } from "../lib/time.ts";
import { type ClusterState, clusterState, isJump, PAST_WEEKS, QUIET_MS, WEEK_MS } from "./cluster-state.ts";
import type { ClusterDetail, ClusterQuery, ClusterRow } from "./schemas.ts";

/** Clusters with their counts, those with the most failures first; those merged into others are left out. */
export async function listClusters(db: Db, query: ClusterQuery, now: number): Promise<Page<ClusterRow>> {
  // The column that the index has, so that no row is read.
  const failures = count(failedReplies.clusterId);
  const rows = db
    .select({
      id: clusters.id,
      topic: clusters.topic,
      failures: failures.as("failures"),
      lastFailureAt: max(failedReplies.occurredAt).as("last_failure_at"),
    })
    .from(clusters)
    .leftJoin(failedReplies, eq(failedReplies.clusterId, clusters.id))
    .where(isNull(clusters.mergedInto))
    .groupBy(clusters.id)
    .as("counted");
  const position = query.cursor ? decodeCursor(query.cursor, ["number", "string"]) : null;
  const page = await db
    .select()
    .from(rows)
    .where(position ? sql`(${rows.failures}, ${rows.id}) < (${position[0]}, ${position[1]})` : undefined)
    .orderBy(desc(rows.failures), desc(rows.id))
    .limit(query.limit + 1);
  const ids = page.map(({ id }) => id);
  const [health, recent] = await Promise.all([clusterHealth(db, ids, now), recentFailures(db, ids, now - TREND_MS)]);
  return toPage(
    page,
    query.limit,
    (row) => [row.failures, row.id],
    (row) => ({
      topic: row.topic,
      failures: row.failures,
      last_failure_at: toRfc3339OrNull(row.lastFailureAt),
      ...(recent.get(row.id) ?? { top_failure_category: null, trend: [] }),
      ...(health.get(row.id) ?? { state: "quiet" as const, jump: false }),
    }),
  );
}

/** What trends go back. */
export const TREND_MS = 30 * DAY;

/** The most frequent failure category of some clusters, and their failures per day; from indexes alone. */
export async function recentFailures(
  db: Db,
  clusterIds: string[],
  since: number,
): Promise<Map<string, Pick<ClusterRow, "top_failure_category" | "trend">>> {
  const given = JSON.stringify(clusterIds);
  const [categories, days] = await Promise.all([
    db.all<{ id: string; category: string | null }>(sql`
      select ids.value as id, (select f.failure_category from ${failedReplies} f
        where f.cluster_id = ids.value and f.failure_category is not null
        group by f.failure_category order by count(*) desc, f.failure_category limit 1) as category
      from json_each(${given}) ids`),
    db.all<{ id: string; day: string; failures: number }>(sql`
      select f.cluster_id as id, date(f.occurred_at / 1000, 'unixepoch') as day, count(*) as failures
      from json_each(${given}) ids join ${failedReplies} f on f.cluster_id = ids.value and f.occurred_at > ${since}
      group by 1, 2 order by 1, 2`),
  ]);
  const trends = Map.groupBy(days, ({ id }) => id);
  return new Map(
    categories.map(({ id, category }) => [
      id,
      { top_failure_category: category, trend: (trends.get(id) ?? []).map(({ day, failures }) => ({ day, failures })) },
    ]),
  );
}

interface HealthRow {
  id: string;
  first_recent: number | null;
  last_before: number | null;
  first_ever: number | null;
  last_week: number;
  past: number;
}

/** State and jump of some clusters, by id; each number is a range of an index. */
export async function clusterHealth(
  db: Db,
  clusterIds: string[],
  now: number,
): Promise<Map<string, { state: ClusterState; jump: boolean }>> {
  const week = now - WEEK_MS;
  const f = sql`${failedReplies} f where f.cluster_id = ids.value`;
  const rows = await db.all<HealthRow>(sql`
    select ids.value as id,
      (select min(f.occurred_at) from ${f} and f.occurred_at > ${now - QUIET_MS}) as first_recent,
      (select max(f.occurred_at) from ${f} and f.occurred_at < coalesce(
        (select min(f.occurred_at) from ${f} and f.occurred_at > ${now - QUIET_MS}), 0)) as last_before,
      (select min(f.occurred_at) from ${f}) as first_ever,
      (select count(*) from ${f} and f.occurred_at > ${week}) as last_week,
      (select count(*) from ${f} and f.occurred_at > ${week - PAST_WEEKS * WEEK_MS} and f.occurred_at <= ${week}) as past
    from json_each(${JSON.stringify(clusterIds)}) ids`);
  return new Map(
    rows.map((row) => {
      const weeks = row.first_ever === null ? 0 : Math.min(PAST_WEEKS, Math.floor((week - row.first_ever) / WEEK_MS));
      return [
        row.id,
        { state: clusterState(row.first_recent, row.last_before), jump: isJump(row.last_week, row.past, weeks) },
      ];
    }),
  );
}

/** What people did to a cluster, newest first. */
export function listChanges(db: Db, clusterId: string) {
  return db
    .select()
    .from(clusterChanges)
    .where(eq(clusterChanges.clusterId, clusterId))
    .orderBy(desc(clusterChanges.id))
    .limit(SHOWN_CHANGES);
}

const SHOWN_CHANGES = 20;

/** What D1 counts of one cluster beyond its context: how it fares, and its failures per day. */
export async function clusterNumbers(
  db: Db,
  clusterId: string,
  since: number,
): Promise<Pick<ClusterDetail, "improved" | "mean_gain" | "first_failure_at" | "last_failure_at" | "trend">> {
  const [[gains], [span], recent] = await Promise.all([
    db
      .select({ improved: count(), mean: sql<number | null>`avg(${improvements.scoreGainEstimate})` })
      .from(improvements)
      .where(
        and(
          eq(improvements.clusterId, clusterId),
          eq(improvements.isCurrent, true),
          ne(improvements.reviewStatus, "rejected"),
        ),
      ),
    db
      .select({ first: min(failedReplies.occurredAt), last: max(failedReplies.occurredAt) })
      .from(failedReplies)
      .where(eq(failedReplies.clusterId, clusterId)),
    recentFailures(db, [clusterId], since),
  ]);
  return {
    improved: gains?.improved ?? 0,
    mean_gain: toTenth(gains?.mean ?? null),
    first_failure_at: toRfc3339OrNull(span?.first ?? null),
    last_failure_at: toRfc3339OrNull(span?.last ?? null),
    trend: recent.get(clusterId)?.trend ?? [],
  };
}

/** Every failure category with its count, most frequent first. */
export function listFailureCategories(db: Db): Promise<{ failure_category: string; failures: number }[]> {
  const failures = count();
  return db
    .select({ failure_category: sql<string>`${failedReplies.failureCategory}`.as("failure_category"), failures })
    .from(failedReplies)
    .where(isNotNull(failedReplies.failureCategory))
    .groupBy(failedReplies.failureCategory)
    .orderBy(desc(failures));
}
