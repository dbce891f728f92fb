import { sql } from "drizzle-orm";
import { type Db, valuesOf } from "../db/client.ts";
import { clusters, lessons } from "../db/schema/clusters.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { toRfc3339 } from "../lib/time.ts";
import { QUIET_MS } from "./cluster-state.ts";
import { wasServed } from "./recurrences.ts";
import type { ReopenedOutput } from "./schemas.ts";

const MOST_SHOWN = 20;

interface Row {
  id: string;
  topic: string;
  at: number;
  quietSince: number;
}

interface WhyRow {
  id: string;
  category: string | null;
  failures: number;
  lesson: string | null;
  text: string | null;
}

/**
 * The clusters that were reopened within the last two weeks, newest first, each with the lessons that should have
 * prevented it. Two places of an index for each cluster; of those that were reopened, their failures since.
 * @param clusterIds null: all that are not merged
 */
export async function listReopened(
  db: Db,
  clusterIds: string[] | null,
  now: number,
  needApproval: boolean,
): Promise<ReopenedOutput[]> {
  const chosen = clusterIds === null ? sql`c.merged_into is null` : sql`c.id in ${valuesOf(clusterIds)}`;
  const found = await db.all<Row>(sql`
    with fails as materialized (select c.id, c.topic, (select min(f.occurred_at) from ${failedReplies} f
        where f.cluster_id = c.id and f.occurred_at > ${now - QUIET_MS}) as at
      from ${clusters} c where ${chosen}),
    before as materialized (select id, topic, at, (select max(f.occurred_at) from ${failedReplies} f
        where f.cluster_id = fails.id and f.occurred_at < fails.at) as quietSince
      from fails where at is not null)
    select id, topic, at, quietSince from before where at - quietSince >= ${QUIET_MS}
    order by at desc limit ${MOST_SHOWN}`);
  if (found.length === 0) return [];
  const lesson = (column: "id" | "text") => sql`(select l.${sql.raw(column)} from ${lessons} l
    where l.cluster_id = since.id and l.failure_category = since.category and ${wasServed(sql`since.first`, needApproval)}
    order by l.created_at desc, l.id desc limit 1)`;
  const why = await db.all<WhyRow>(sql`
    with since as materialized (
      select f.cluster_id as id, f.failure_category as category, count(*) as failures,
        min(case when f.moved_at is null then f.occurred_at end) as first
      from json_each(${JSON.stringify(found)}) r cross join ${failedReplies} f
        on f.cluster_id = json_extract(r.value, '$.id') and f.occurred_at >= json_extract(r.value, '$.at')
      group by f.cluster_id, f.failure_category)
    select id, category, failures, ${lesson("id")} as lesson, ${lesson("text")} as text
    from since order by failures desc, category`);
  const byCluster = Map.groupBy(why, ({ id }) => id);
  return found.map(({ id, topic, at, quietSince }) => ({
    ...{ topic, quiet_since: toRfc3339(quietSince), at: toRfc3339(at) },
    why: (byCluster.get(id) ?? []).map(({ category, failures, lesson: lessonId, text }) => ({
      failure_category: category,
      failures,
      lesson: lessonId === null || text === null ? null : { id: lessonId, text },
    })),
  }));
}
