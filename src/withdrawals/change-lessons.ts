import { and, inArray, isNull, sql } from "drizzle-orm";
import { MOST_READ } from "../clusters/lessons/distill-lessons.ts";
import { MODELS_WORDS } from "../clusters/lessons/erase-lessons.ts";
import { valuesOf } from "../db/client.ts";
import { clusters, lessons } from "../db/schema/clusters.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { withdrawnFailures } from "../db/schema/withdrawals.ts";
import type { Step } from "./piece.ts";

/**
 * Retires the lessons that a model learned from what is withdrawn, alone or with others: what came from which nobody can
 * tell in a text. Their clusters learn again, from the newest failures that are left. A person's words stay.
 */
export const retireLessons: Step = async ({ db, clock }, row, isCurrent) => {
  const learned = sql`exists (select 1 from json_each(${lessons.evidence}) e
    join ${withdrawnFailures} w on w.failed_reply_id = e.value and w.withdrawal_id = ${row.id})`;
  const found = await db
    .select({ id: lessons.id })
    .from(lessons)
    .where(and(isNull(lessons.retiredAt), learned, MODELS_WORDS));
  const ids = found.map(({ id }) => id);
  const now = clock();
  // The failures up to there count as read; null: all are to be read.
  const readTo = sql`(select f.id from ${failedReplies} f where f.cluster_id = ${clusters.id}
    and f.failure_explanation is not null order by f.id desc limit 1 offset ${MOST_READ})`;
  return {
    next: null,
    statements: [
      db
        .update(clusters)
        .set({ guidanceVersion: sql`${clusters.guidanceVersion} + 1`, distilledTo: readTo, distillDueAt: now })
        .where(
          sql`${clusters.id} in (select l.cluster_id from ${lessons} l where l.id in ${valuesOf(ids)}) and ${isCurrent}`,
        ),
      db
        .update(lessons)
        .set({ retiredAt: now })
        .where(and(inArray(lessons.id, valuesOf(ids)), isNull(lessons.retiredAt), isCurrent)),
    ],
    set: { lessonIds: ids },
  };
};

/** Brings retired lessons back, where their place is still free and no other says the same. */
export const bringBackLessons: Step = async ({ db }, row, isCurrent) => {
  const ids = valuesOf(row.lessonIds);
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
        .where(
          and(
            inArray(lessons.id, ids),
            isCurrent,
            sql`not exists (select 1 from ${lessons} o where o.cluster_id = ${lessons.clusterId} and o.retired_at is null
              and (o.slot = ${lessons.slot} or o.text = ${lessons.text}))`,
            sql`exists (select 1 from ${clusters} c where c.id = ${lessons.clusterId} and c.merged_into is null)`,
          ),
        ),
    ],
  };
};
