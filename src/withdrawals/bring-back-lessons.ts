import { and, asc, inArray, isNotNull, isNull, sql } from "drizzle-orm";
import { evidenceAmong, leaving } from "../clusters/lessons/erase-lessons.ts";
import { valuesOf } from "../db/client.ts";
import { clusters, lessons } from "../db/schema/clusters.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { withdrawnFailures } from "../db/schema/withdrawals.ts";
import type { Step } from "./piece.ts";

/** SQL: the lessons that may carry words of what is still withdrawn. */
const STILL_WITHDRAWN = sql`(select x.id ${leaving(
  evidenceAmong(sql`join ${failedReplies} f on f.id = e.value and f.status = 'withdrawn'`),
)})`;

/** Failures of one cluster that an undo has read once more, the newest: a row holds their ids. */
const MOST_UNREAD = 1000;

/**
 * Brings retired lessons back, where their place is still free and no other that is served says the same, unless
 * another withdrawal holds what they were learned from. What no lesson names then may never have been read, or its
 * lesson did not come back: it is read once more.
 */
export const bringBackLessons: Step = async ({ db, clock }, row, isCurrent) => {
  const free = and(
    isNotNull(lessons.retiredAt),
    sql`${lessons.id} not in ${STILL_WITHDRAWN}`,
    sql`not exists (select 1 from ${lessons} o where o.cluster_id = ${lessons.clusterId} and o.retired_at is null
      and (o.slot = ${lessons.slot}
        or (o.text = ${lessons.text} and (o.slot is not null or ${lessons.slot} is null))))`,
    sql`exists (select 1 from ${clusters} c where c.id = ${lessons.clusterId} and c.merged_into is null)`,
  );
  const found = await db
    .select({ id: lessons.id, clusterId: lessons.clusterId, slot: lessons.slot, text: lessons.text })
    .from(lessons)
    .where(and(inArray(lessons.id, valuesOf(row.lessonIds)), free))
    .orderBy(sql`${lessons.slot} is null desc`, asc(lessons.id));
  const unnamed = sql`select f.id from ${failedReplies} f where f.cluster_id = clusters.id
    and f.id <= clusters.distilled_to and f.failure_explanation is not null and f.suspicion is not 'addresses_model'
    and exists (select 1 from ${withdrawnFailures} w where w.withdrawal_id = ${row.id} and w.failed_reply_id = f.id)
    and f.id not in (select e.value from ${lessons} l, json_each(l.evidence) e where l.retired_at is null)`;
  const ids = valuesOf(withoutRivals(found).map(({ id }) => id));
  return {
    next: null,
    statements: [
      db
        .update(clusters)
        .set({ guidanceVersion: sql`${clusters.guidanceVersion} + 1` })
        .where(sql`${clusters.id} in (select l.cluster_id from ${lessons} l where l.id in ${ids}) and ${isCurrent}`),
      db
        .update(lessons)
        .set({ retiredAt: null })
        .where(and(inArray(lessons.id, ids), isCurrent, free)),
      // One that waits gives way to one with the same text that is served.
      db
        .update(lessons)
        .set({ retiredAt: clock() })
        .where(
          and(
            ...[isNull(lessons.slot), isNull(lessons.retiredAt), isCurrent],
            sql`exists (select 1 from ${lessons} b where b.id in ${ids} and b.cluster_id = ${lessons.clusterId}
              and b.text = ${lessons.text} and b.slot is not null and b.retired_at is null)`,
          ),
        ),
      db
        .update(clusters)
        .set({
          unread: sql`(select json_group_array(id) from (
            select u.value as id from json_each(clusters.unread) u union select id from (${unnamed}
              order by f.id desc limit ${MOST_UNREAD})))`,
        })
        .where(
          sql`${clusters.id} in (select f.cluster_id from ${withdrawnFailures} w
            join ${failedReplies} f on f.id = w.failed_reply_id where w.withdrawal_id = ${row.id})
            and exists (${unnamed}) and ${isCurrent}`,
        ),
    ],
  };
};

type Placed = Pick<typeof lessons.$inferSelect, "clusterId" | "slot" | "text">;

/**
 * One withdrawal may have retired a lesson in the place of one that another had retired before.
 * @param found those that wait, then those that are served, each oldest first
 * @returns of those that want the same place or say the same, the last
 */
function withoutRivals<L extends Placed>(found: L[]): L[] {
  const taken = new Set<string>();
  return found.toReversed().filter(({ clusterId, slot, text }) => {
    const claims = [`${clusterId} says ${text}`, ...(slot === null ? [] : [`${clusterId} at ${slot}`])];
    if (claims.some((claim) => taken.has(claim))) return false;
    for (const claim of claims) taken.add(claim);
    return true;
  });
}
