import { type SQL, sql } from "drizzle-orm";
import { isRecurrence, wentWithout } from "../clusters/recurrences.ts";
import type { Db } from "../db/client.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { erasedFailures } from "../db/schema/learning.ts";

/**
 * A statement that keeps the numbers of failures that are erased, for the batch that does it, before their lessons go.
 * Those that are withdrawn counted no more. (Which lessons the setting holds back now says nothing about then.)
 */
export function countErased(db: Db, failureIds: SQL) {
  const recurred = isRecurrence(false);
  return db
    .insert(erasedFailures)
    .select(
      sql`select coalesce(f.cluster_id, ''), date(f.occurred_at / 1000, 'unixepoch'), count(*), sum(${recurred}),
          sum(${recurred} and ${wentWithout(false)})
        from ${failedReplies} f where f.id in ${failureIds} and f.status <> 'withdrawn' group by 1, 2`,
    )
    .onConflictDoUpdate({
      target: [erasedFailures.clusterId, erasedFailures.day],
      set: {
        failures: sql`${erasedFailures.failures} + excluded.failures`,
        recurrences: sql`${erasedFailures.recurrences} + excluded.recurrences`,
        withoutLesson: sql`${erasedFailures.withoutLesson} + excluded.without_lesson`,
      },
    });
}
