import { and, asc, inArray, isNotNull, sql } from "drizzle-orm";
import { evidenceAmong, leaving } from "../clusters/lessons/erase-lessons.ts";
import { valuesOf } from "../db/client.ts";
import { clusters, lessons } from "../db/schema/clusters.ts";
import { failedReplies } from "../db/schema/failures.ts";
import type { Step } from "./piece.ts";

/** SQL: the lessons that may carry words of what is still withdrawn. */
const STILL_WITHDRAWN = sql`(select x.id ${leaving(
  evidenceAmong(sql`join ${failedReplies} f on f.id = e.value and f.status = 'withdrawn'`),
)})`;

/**
 * Brings retired lessons back, where their place is still free and no other says the same, unless another withdrawal
 * holds what they were learned from.
 */
export const bringBackLessons: Step = async ({ db }, row, isCurrent) => {
  const free = and(
    isNotNull(lessons.retiredAt),
    sql`${lessons.id} not in ${STILL_WITHDRAWN}`,
    sql`not exists (select 1 from ${lessons} o where o.cluster_id = ${lessons.clusterId} and o.retired_at is null
      and (o.slot = ${lessons.slot} or o.text = ${lessons.text}))`,
    sql`exists (select 1 from ${clusters} c where c.id = ${lessons.clusterId} and c.merged_into is null)`,
  );
  const found = await db
    .select({ id: lessons.id, clusterId: lessons.clusterId, slot: lessons.slot, text: lessons.text })
    .from(lessons)
    .where(and(inArray(lessons.id, valuesOf(row.lessonIds)), free))
    .orderBy(asc(lessons.id));
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
    ],
  };
};

type Placed = Pick<typeof lessons.$inferSelect, "clusterId" | "slot" | "text">;

/**
 * One withdrawal may have retired a lesson in the place of one that another had retired before.
 * @param found oldest first
 * @returns of those that want the same place or say the same, the newest: it was there last
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
