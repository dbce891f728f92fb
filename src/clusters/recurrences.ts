import { type SQL, sql } from "drizzle-orm";
import { type Db, valuesOf } from "../db/client.ts";
import { clusters, lessons } from "../db/schema/clusters.ts";
import { outcomes } from "../db/schema/experiments.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { PROMPT_ARMS } from "../experiments/prompt-id.ts";
import { WEEK } from "../lib/time.ts";

/*
 * A recurrence: a failure for which a lesson was served that was to prevent it. The lesson is of the failure's cluster
 * and names its very failure category; it was made before the failure occurred, and not retired by then. A failure that
 * was moved from another cluster is none: it met the lessons of that one.
 */

/**
 * SQL: the lesson `l` was served at a time. One is given a place once it may be served; one that has lost that right to
 * the setting is served no more, though it keeps its place.
 */
export function wasServed(at: SQL, needApproval: boolean): SQL {
  const served = sql`l.slot is not null and l.created_at < ${at} and (l.retired_at is null or l.retired_at > ${at})`;
  return needApproval
    ? sql`${served} and (l.retired_at is not null or l.source = 'person' or l.approved_by is not null)`
    : served;
}

/**
 * SQL: the lessons with a place that were there at any time since one, found by an index: a cluster's history may be long.
 * @param clusterIds null: of all
 */
export function lessonsSince(clusterIds: string[] | null, since: number): SQL {
  const given = clusterIds === null ? sql`(select id as value from ${clusters})` : valuesOf(clusterIds);
  const found = (retired: SQL) => sql`select l.cluster_id, l.failure_category, l.created_at, l.retired_at
    from ${given} ids cross join ${lessons} l on l.cluster_id = ids.value and l.retired_at ${retired}
    where l.slot is not null`;
  return sql`(${found(sql`is null`)} union all ${found(sql`>= ${since}`)})`;
}

/** SQL, `from …`: the lessons, as `l`, that should have prevented the failure `f`. */
function against(needApproval: boolean): SQL {
  return sql`from ${lessons} l where l.cluster_id = f.cluster_id and l.failure_category = f.failure_category
    and ${wasServed(sql`f.occurred_at`, needApproval)}`;
}

/** SQL: the failure `f` is a recurrence. */
export function isRecurrence(needApproval: boolean): SQL {
  return sql`(f.moved_at is null and exists (select 1 ${against(needApproval)}))`;
}

/**
 * SQL: of a recurrence `f`, its prompt is known to have gone out without any of those lessons: held out, left out, or
 * there was no room. Only a failure that names its prompt tells. What another cluster's prompt said, or one of all
 * clusters, is not known: either may have brought this cluster's lessons. A pinned lesson is never left out.
 */
export function wentWithout(needApproval: boolean): SQL {
  const given = sql`((case when l.pinned then o.lessons else o.lessons & ~o.left_out end) >> l.slot) & 1 = 1`;
  return sql`exists (select 1 from ${outcomes} o where o.prompt_id = lower(f.served_prompt_id)
    and (o.arm in (${PROMPT_ARMS.plain}, ${PROMPT_ARMS.holdout})
      or o.arm = ${PROMPT_ARMS.guided} and o.cluster_id = f.cluster_id
        and not exists (select 1 ${against(needApproval)} and ${given})))`;
}

export interface Recurrences {
  clusterId: string;
  /** Weeks since the first. */
  week: number;
  recurrences: number;
  /** Of these, those whose prompt is known to have gone out without the lesson. */
  withoutLesson: number;
}

/**
 * Recurrences by cluster and week. Reads the lessons that were there at any time since the first week, by an index, and of
 * the failures only those of a category that one of them is against, from the day on when the first was made.
 * @param clusterIds null: all
 * @param weeks how many, from `since` on
 */
export function countRecurrences(
  db: Db,
  clusterIds: string[] | null,
  { since, weeks }: { since: number; weeks: number },
  needApproval: boolean,
): Promise<Recurrences[]> {
  return db.all<Recurrences>(sql`
    with warned as materialized (
      select cluster_id, failure_category, max(${since}, min(created_at)) as first
      from ${lessonsSince(clusterIds, since)} where failure_category is not null
      group by cluster_id, failure_category)
    select f.cluster_id as clusterId, cast((f.occurred_at - ${since}) / ${WEEK} as integer) as week, count(*) as recurrences,
      sum(${wentWithout(needApproval)}) as withoutLesson
    from warned w cross join ${failedReplies} f on f.cluster_id = w.cluster_id
      and f.failure_category = w.failure_category and f.occurred_at >= w.first
      and f.occurred_at < ${since + weeks * WEEK}
    where ${isRecurrence(needApproval)}
    group by f.cluster_id, 2`);
}
