import { or, type SQL, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { clusters, lessons } from "../../db/schema/clusters.ts";
import { NEEDED_CUSTOMERS } from "../context/served-lessons.ts";

/**
 * SQL: the failures, of those selected, that lessons name as evidence: a list for the verbs here.
 * @param selected `join …`, with the failure's id as `e.value`
 */
export function evidenceAmong(selected: SQL) {
  return sql`(select e.value from ${lessons} l, json_each(l.evidence) e ${selected})`;
}

/** SQL: the ids of lessons that name one of these failures as evidence. @param failureIds a list for `in` */
function learnedFrom(failureIds: SQL) {
  return sql`(select b.id from ${lessons} b
    where exists (select 1 from json_each(b.evidence) e where e.value in ${failureIds}))`;
}

/**
 * SQL: the lesson, current or retired, may carry words of these failures: it was learned from one of them, among others
 * or alone, or took the place of one that was.
 * @param among a list that holds them all, where the same is asked for each of many: what it stands for is read once
 */
export function mayCarry(failureIds: SQL, lessonId: SQL, among = failureIds) {
  return sql`${lessonId} in (
    with recursive learned(id) as (
      select l.id from ${lessons} l where l.id in ${learnedFrom(among)}
        and exists (select 1 from json_each(l.evidence) e where e.value in ${failureIds})
      union
      select l.id from ${lessons} l join learned on l.replaces = learned.id
    ) select id from learned)`;
}

/** SQL: the words of the lesson `x` are the model's. Pinning a lesson makes it a person's without changing its text. */
export const MODELS_WORDS = sql`exists (select 1 from ${lessons} m
  where m.cluster_id = x.cluster_id and m.source = 'model' and m.text = x.text)`;

/** SQL, `from …`: lessons that go with these failures, as `x`. */
export function leaving(failureIds: SQL, among = failureIds) {
  return sql`from ${lessons} x where ${mayCarry(failureIds, sql`x.id`, among)} and ${MODELS_WORDS}`;
}

/** SQL, `from …`: the lessons that go with a failure, one of a list. */
export function leavingWith(failureId: SQL, among: SQL) {
  const one = sql`(${failureId})`;
  return sql`from (select x.id ${leaving(one, among)} union select x.id ${forgetful(one)})`;
}

/** SQL: a JSON array of the clusters whose lessons may carry the words of a failure of a list, and of one cluster more. */
export function clustersTaughtBy(failureId: SQL, ownClusterId: SQL, among: SQL) {
  return sql`(select json_group_array(distinct c) from (
    select x.cluster_id as c from ${lessons} x where ${mayCarry(sql`(${failureId})`, sql`x.id`, among)}
    union select ${ownClusterId}) where c is not null)`;
}

/**
 * SQL, `from …`: current lessons of the model's, as `x`, that were heard from these failures and that fewer voices than
 * it takes bear out without them. Who was heard can be told no more, and would count as another voice.
 */
function forgetful(failureIds: SQL) {
  return sql`from ${lessons} x where x.retired_at is null and x.source = 'model' and x.approved_by is null
    and exists (select 1 from json_each(x.heard) h where h.value in ${failureIds})
    and (select count(*) from json_each(x.witnesses) w where w.value not in ${failureIds}) < ${NEEDED_CUSTOMERS}`;
}

type Ids = typeof lessons.evidence | typeof lessons.witnesses | typeof lessons.heard;

/**
 * Statements that take failures out of the lessons, for the batch that erases them. A lesson that was learned from one
 * of them may carry its words, so its text goes, from the history too; the other failures it was learned from are
 * marked as unread, so that it is learned once more from what is left. So does one that waits for another voice, where
 * one of them was heard on it. One that a person has written is theirs and stays, without naming what was erased. Edits of what was read before are refused from then on.
 */
export function eraseFromLessons(db: Db, failureIds: SQL) {
  const without = (ids: Ids) => sql`(select json_group_array(e.value) from json_each(${ids}) e
    where e.value not in ${failureIds})`;
  const names = (ids: Ids) => sql`exists (select 1 from json_each(${ids}) e where e.value in ${failureIds})`;
  const gone = sql`(select x.id, x.cluster_id, x.evidence ${leaving(failureIds)} and x.retired_at is null
    union select x.id, x.cluster_id, x.evidence ${forgetful(failureIds)})`;
  return [
    db
      .update(clusters)
      .set({
        guidanceVersion: sql`${clusters.guidanceVersion} + 1`,
        unread: sql`(select json_group_array(id) from (
          select u.value as id from json_each(clusters.unread) u
          union
          select e.value from ${gone} gone, json_each(gone.evidence) e where gone.cluster_id = clusters.id))`,
      })
      .where(sql`${clusters.id} in (select gone.cluster_id from ${gone} gone)`),
    db
      .update(clusters)
      .set({
        unread: sql`(select json_group_array(u.value) from json_each(clusters.unread) u
          where u.value not in ${failureIds})`,
      })
      .where(sql`exists (select 1 from json_each(clusters.unread) u where u.value in ${failureIds})`),
    db
      .delete(lessons)
      .where(sql`${lessons.id} in (select x.id ${leaving(failureIds)} union select x.id ${forgetful(failureIds)})`),
    db
      .update(lessons)
      .set({
        evidence: without(lessons.evidence),
        witnesses: without(lessons.witnesses),
        heard: without(lessons.heard),
      })
      .where(or(names(lessons.evidence), names(lessons.heard))),
  ] as const;
}
