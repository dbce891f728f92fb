import { sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { clusters, lessons } from "../../db/schema/clusters.ts";

/** SQL: a model wrote the lesson's text. Pinning a lesson makes it a person's without changing its text. */
export const MODELS_WORDS = sql`exists (select 1 from ${lessons} m
  where m.cluster_id = ${lessons.clusterId} and m.source = 'model' and m.text = ${lessons.text})`;

/** SQL: the lesson was learned from this failure, among others or alone. Current or retired. */
function learnedFrom(failureId: string) {
  return sql`exists (select 1 from json_each(${lessons.evidence}) e where e.value = ${failureId})`;
}

/** SQL: a JSON array of the clusters whose lessons name the failure as evidence, and of one cluster more. */
export function clustersTaughtBy(failureId: string, ownClusterId: string | null) {
  return sql`(select json_group_array(distinct id) from (
    select ${lessons.clusterId} as id from ${lessons} where ${learnedFrom(failureId)}
    union select ${ownClusterId} where ${ownClusterId} is not null))`;
}

/**
 * Statements that take a failure out of the lessons, for the batch that erases it. A lesson learned from it alone may
 * carry its words, so its text goes, from the history too; one that a person has rewritten is theirs, and stays.
 * Edits of what was read before are refused from then on.
 */
export function eraseFromLessons(db: Db, failureId: string) {
  const learned = learnedFrom(failureId);
  const alone = sql`json_array_length(${lessons.evidence}) = 1 and ${learned} and ${MODELS_WORDS}`;
  return [
    db
      .update(clusters)
      .set({ guidanceVersion: sql`${clusters.guidanceVersion} + 1` })
      .where(
        sql`${clusters.id} in (select ${lessons.clusterId} from ${lessons} where ${lessons.retiredAt} is null and ${alone})`,
      ),
    db.delete(lessons).where(alone),
    db
      .update(lessons)
      .set({
        evidence: sql`(select json_group_array(e.value) from json_each(${lessons.evidence}) e where e.value <> ${failureId})`,
      })
      .where(learned),
  ] as const;
}
