import { and, desc, eq, min, ne, type SQL, sql } from "drizzle-orm";
import { type Db, valuesOf } from "../db/client.ts";
import { clusters } from "../db/schema/clusters.ts";
import { outcomes, promptCounts } from "../db/schema/experiments.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { erasedFailures } from "../db/schema/learning.ts";
import { firstIdOf } from "../lib/ids.ts";
import { DAY, dayOf, WEEK } from "../lib/time.ts";
import type { Span, Window } from "./weeks.ts";

/*
 * What is read: of failures, outcomes and prompt counts what lies in the window, from indexes, and one place of an index
 * for each cluster and week. `clusterIds` are one cluster and those merged into it; null: all, and what has no cluster.
 */

/** SQL: the ids, as `value`. */
function idsOf(clusterIds: string[] | null): SQL {
  return clusterIds === null ? sql`(select id as value from ${clusters})` : valuesOf(clusterIds);
}

/** SQL: the spans, as `n`, `from` and `to` in milliseconds, `first` and `end` as ids. */
function spansIn(spans: Span[]): SQL {
  const given = spans.map(({ from, to }) => ({ from, to, first: firstIdOf(from), end: firstIdOf(to) }));
  const field = (name: string) => sql.raw(`json_extract(value, '$.${name}') as "${name}"`);
  return sql`(select key as n, ${field("from")}, ${field("to")}, ${field("first")}, ${field("end")}
    from json_each(${JSON.stringify(given)}))`;
}

/** Failures that occurred in each span, as many as there are spans. */
export async function countFailures(db: Db, clusterIds: string[] | null, spans: Span[]): Promise<number[]> {
  const within = sql`f.occurred_at >= s."from" and f.occurred_at < s."to"`;
  // One that is withdrawn has no cluster.
  const unnamed = sql`(select count(*) from ${failedReplies} f
    where f.cluster_id is null and ${within} and f.status <> 'withdrawn')`;
  const rows = await db.all<{ n: number; failures: number }>(sql`
    select s.n, ${clusterIds === null ? unnamed : sql`0`} + (select coalesce(sum(
      (select count(*) from ${failedReplies} f where f.cluster_id = ids.value and ${within})), 0)
      from ${idsOf(clusterIds)} ids) as failures
    from ${spansIn(spans)} s`);
  const counts = new Map(rows.map(({ n, failures }) => [n, failures]));
  return spans.map((_, n) => counts.get(n) ?? 0);
}

/** Outcomes of the prompts that were asked for in each span. Prompt ids sort by time. */
export async function countOutcomes(
  db: Db,
  clusterIds: string[] | null,
  spans: Span[],
): Promise<{ reported: number; failed: number }[]> {
  const within = sql`o.prompt_id >= s.first and o.prompt_id < s."end"`;
  // Of all they are a range by their ids; of a cluster all of its outcomes are gone through, once, in an index.
  const found =
    clusterIds === null
      ? sql`${spansIn(spans)} s cross join ${outcomes} o on ${within}`
      : sql`${idsOf(clusterIds)} ids cross join ${outcomes} o on o.cluster_id = ids.value
          cross join ${spansIn(spans)} s on ${within}`;
  const rows = await db.all<{ n: number; reported: number; failed: number }>(
    sql`select s.n, count(*) as reported, sum(o.failed) as failed from ${found} group by s.n`,
  );
  const counts = new Map(rows.map(({ n, reported, failed }) => [n, { reported, failed }]));
  return spans.map((_, n) => counts.get(n) ?? { reported: 0, failed: 0 });
}

/** Prompts asked for, by day (UTC, in milliseconds). */
export async function countPromptsAsked(
  db: Db,
  clusterIds: string[] | null,
  window: Window,
): Promise<{ day: number; prompts: number }[]> {
  const days = daysOf(window);
  const rows =
    clusterIds === null
      ? await db.all<{ day: string; prompts: number }>(sql`
          select p.day, sum(p.prompts) as prompts from ${promptCounts} p
          where p.day >= ${days[0]} and p.day <= ${days.at(-1)} group by p.day`)
      : await db.all<{ day: string; prompts: number }>(sql`
          select d.value as day, sum(p.prompts) as prompts
          from ${valuesOf(days)} d cross join ${promptCounts} p
            on p.day = d.value and p.cluster_id in ${valuesOf(clusterIds)}
          group by d.value`);
  return rows.map(({ day, prompts }) => ({ day: Date.parse(day), prompts }));
}

function daysOf({ since, weeks }: Window): string[] {
  return Array.from({ length: (weeks * WEEK) / DAY }, (_, n) => dayOf(since + n * DAY));
}

/** The first day on which a prompt was counted, in milliseconds; null: none ever was. */
export async function firstCounted(db: Db): Promise<number | null> {
  const [row] = await db.select({ day: min(promptCounts.day) }).from(promptCounts);
  return row?.day ? Date.parse(row.day) : null;
}

/** What was counted of failures that were erased, by the day they occurred on. */
export async function countErasedFailures(db: Db, clusterIds: string[] | null, { since, weeks }: Window) {
  const none = sql`union all select ''`;
  const rows = await db.all<{ day: string; failures: number; recurrences: number; withoutLesson: number }>(sql`
    select e.day, sum(e.failures) as failures, sum(e.recurrences) as recurrences,
      sum(e.without_lesson) as withoutLesson
    from (select value from ${idsOf(clusterIds)} ${clusterIds === null ? none : sql``}) ids
      cross join ${erasedFailures} e on e.cluster_id = ids.value
        and e.day >= ${dayOf(since)} and e.day < ${dayOf(since + weeks * WEEK)}
    group by e.day`);
  return rows.map(({ day, ...counts }) => ({ day: Date.parse(day), ...counts }));
}

/** Failures that are looked at to tell how late they come, and in what bunches. */
const SAMPLE = 1_000;

/** The failures recorded last: when they occurred and were recorded, whose they are, and whether an import brought them. */
export function newestFailures(db: Db, clusterId: string | null) {
  return db
    .select({
      occurredAt: failedReplies.occurredAt,
      createdAt: failedReplies.createdAt,
      customerKey: failedReplies.customerKey,
      importId: failedReplies.importId,
    })
    .from(failedReplies)
    .where(
      and(
        clusterId === null ? undefined : eq(failedReplies.clusterId, clusterId),
        ne(failedReplies.status, "withdrawn"),
      ),
    )
    .orderBy(desc(failedReplies.id))
    .limit(SAMPLE);
}

/** A cluster and those that were merged into it: what is on its way from them is its own already. */
export async function clusterFamily(db: Db, clusterId: string): Promise<string[]> {
  const merged = await db.select({ id: clusters.id }).from(clusters).where(eq(clusters.mergedInto, clusterId));
  return [clusterId, ...merged.map(({ id }) => id)];
}

/** The topics of some clusters, by id. */
export async function topicsOf(db: Db, clusterIds: string[]): Promise<Map<string, string>> {
  const rows = await db
    .select({ id: clusters.id, topic: clusters.topic })
    .from(clusters)
    .where(sql`${clusters.id} in ${valuesOf(clusterIds)}`);
  return new Map(rows.map(({ id, topic }) => [id, topic]));
}
