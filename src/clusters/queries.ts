import { and, count, desc, eq, gt, isNotNull, max, min, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { clusters, failedReplies, improvements } from "../db/schema.ts";
import { decodeCursor, type Page, toPage } from "../http/pagination.ts";
import { toRfc3339OrNull } from "../lib/time.ts";
import type { ClusterDetail, ClusterQuery, ClusterRow } from "./schemas.ts";

/** Clusters with their counts, those with the most failures first. */
export async function listClusters(db: Db, query: ClusterQuery): Promise<Page<ClusterRow>> {
  const failures = count(failedReplies.id);
  const rows = db
    .select({
      id: clusters.id,
      topic: clusters.topic,
      failures: failures.as("failures"),
      lastFailureAt: max(failedReplies.occurredAt).as("last_failure_at"),
    })
    .from(clusters)
    .leftJoin(failedReplies, eq(failedReplies.clusterId, clusters.id))
    .groupBy(clusters.id)
    .as("counted");
  const position = query.cursor ? decodeCursor(query.cursor, ["number", "string"]) : null;
  const page = await db
    .select()
    .from(rows)
    .where(position ? sql`(${rows.failures}, ${rows.id}) < (${position[0]}, ${position[1]})` : undefined)
    .orderBy(desc(rows.failures), desc(rows.id))
    .limit(query.limit + 1);
  return toPage(
    page,
    query.limit,
    (row) => [row.failures, row.id],
    (row) => ({ topic: row.topic, failures: row.failures, last_failure_at: toRfc3339OrNull(row.lastFailureAt) }),
  );
}

/** What D1 counts of one cluster beyond its context: how it fares, and its failures per day. */
export async function clusterNumbers(
  db: Db,
  clusterId: string,
  since: number,
): Promise<Pick<ClusterDetail, "improved" | "mean_gain" | "first_failure_at" | "last_failure_at" | "trend">> {
  const day = sql<string>`date(${failedReplies.occurredAt} / 1000, 'unixepoch')`;
  const [gains, span, trend] = await db.batch([
    db
      .select({
        improved: count().as("improved"),
        mean: sql<number | null>`avg(${improvements.scoreGainEstimate})`.as("mean"),
      })
      .from(improvements)
      .where(and(eq(improvements.clusterId, clusterId), eq(improvements.isCurrent, true))),
    db
      .select({ first: min(failedReplies.occurredAt).as("first"), last: max(failedReplies.occurredAt).as("last") })
      .from(failedReplies)
      .where(eq(failedReplies.clusterId, clusterId)),
    db
      .select({ day: day.as("day"), failures: count().as("failures") })
      .from(failedReplies)
      .where(and(eq(failedReplies.clusterId, clusterId), gt(failedReplies.occurredAt, since)))
      .groupBy(day)
      .orderBy(day),
  ]);
  const mean = gains[0]?.mean ?? null;
  return {
    improved: gains[0]?.improved ?? 0,
    mean_gain: mean === null ? null : Math.round(mean * 10) / 10,
    first_failure_at: toRfc3339OrNull(span[0]?.first ?? null),
    last_failure_at: toRfc3339OrNull(span[0]?.last ?? null),
    trend,
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
