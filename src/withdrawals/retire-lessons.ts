import { and, inArray, isNull, sql } from "drizzle-orm";
import { evidenceAmong, leaving } from "../clusters/lessons/erase-lessons.ts";
import { valuesOf } from "../db/client.ts";
import { clusters, lessons } from "../db/schema/clusters.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { withdrawals, withdrawnFailures } from "../db/schema/withdrawals.ts";
import type { Step } from "./piece.ts";

/**
 * Retires the lessons that may carry a model's words from what is withdrawn, whether it taught them alone or with
 * others. The failures that are left of those they came from are marked as unread, so that they are learned once more
 * from these. A person's words stay.
 *
 * Those that another withdrawal has retired before are noted as well: whichever is undone last brings them back. So are
 * those that an undo left retired while this one was at work, because of what it takes.
 */
export const retireLessons: Step = async ({ db, clock }, row, isCurrent) => {
  const taken = evidenceAmong(
    sql`join ${withdrawnFailures} w on w.failed_reply_id = e.value and w.withdrawal_id = ${row.id}`,
  );
  const retiredBefore = sql`select l.value from ${withdrawals} o, json_each(o.lesson_ids) l
    where o.id <> ${row.id} and (o.status <> 'undone' or o.finished_at >= ${row.createdAt})`;
  const found = await db.all<{ id: string }>(
    sql`select x.id ${leaving(taken)} and (x.retired_at is null or x.id in (${retiredBefore}))`,
  );
  const ids = found.map(({ id }) => id);
  const now = clock();
  const list = valuesOf(ids);
  const retiring = sql`l.id in ${list} and l.retired_at is null`;
  // What is withdrawn is in no cluster.
  const left = sql`select e.value from ${lessons} l, json_each(l.evidence) e join ${failedReplies} f on f.id = e.value
    where ${retiring} and l.cluster_id = clusters.id and f.cluster_id = clusters.id`;
  return {
    next: null,
    statements: [
      db
        .update(clusters)
        .set({
          guidanceVersion: sql`${clusters.guidanceVersion} + 1`,
          unread: sql`(select json_group_array(id) from (
            select u.value as id from json_each(clusters.unread) u union ${left}))`,
          distillDueAt: now,
        })
        .where(sql`${clusters.id} in (select l.cluster_id from ${lessons} l where ${retiring}) and ${isCurrent}`),
      db
        .update(lessons)
        .set({ retiredAt: now })
        .where(and(inArray(lessons.id, list), isNull(lessons.retiredAt), isCurrent)),
    ],
    set: { lessonIds: ids },
  };
};
