import { gt, inArray, type SQL, sql } from "drizzle-orm";
import { type Db, valuesOf } from "../../db/client.ts";
import { clusters } from "../../db/schema/clusters.ts";
import { failedReplies } from "../../db/schema/failures.ts";

type Cluster = Pick<typeof clusters.$inferSelect, "id" | "distilledTo" | "unread">;

/** Unread failures kept per cluster, the newest: more than a cluster needs, and a merge may bring any number. */
const MOST_UNREAD = 1_000;

/** SQL: the failure `f` is one that lessons are learned from. (`is not`: most have no suspicion.) */
export const TEACHES = sql`f.failure_explanation is not null
  and f.status not in ('pending', 'correcting') and f.suspicion is not 'addresses_model'`;

/** SQL: the failures that are to be read once more; each is found by its id. */
export function isReadAgain({ unread }: Cluster): SQL {
  return inArray(failedReplies.id, valuesOf(unread));
}

/** SQL: the failures that were not read yet, but for those. */
export function isNew({ distilledTo }: Cluster): SQL {
  return gt(failedReplies.id, distilledTo ?? "");
}

/** SQL, for an update of a cluster: its unread failures, without those that were moved to another one. */
export const STILL_UNREAD = sql`(select json_group_array(u.value) from json_each(clusters.unread) u
  join ${failedReplies} f on f.id = u.value where f.cluster_id = clusters.id)`;

/** SQL, for an update of a cluster: its unread failures with some more. @param more `select …`, of ids */
function unreadWith(more: SQL, without = valuesOf([])) {
  return sql`(select json_group_array(id) from (
    select id from (select u.value as id from json_each(clusters.unread) u union ${more})
    where id not in ${without} order by id desc limit ${MOST_UNREAD}))`;
}

/**
 * A statement that marks failures as unread that a cluster is past already: they come to it late, by a merge or a split,
 * or their corrections end after those of newer ones.
 * @param failures `from …`, as `f`, with what is to hold of them
 * @param clusterId SQL: the cluster that they are in from now on
 */
export function markUnread(db: Db, failures: SQL, clusterId: SQL) {
  const late = sql`select f.id ${failures} and f.id <= clusters.distilled_to`;
  return db
    .update(clusters)
    .set({ unread: unreadWith(late) })
    .where(sql`${clusters.id} = ${clusterId} and exists (${late})`);
}

/** What is set on a cluster once these failures were read. */
export function asRead({ id, distilledTo }: Cluster, ids: string[]) {
  const before = distilledTo ?? "";
  const newest = [before, ...ids].toSorted().at(-1) ?? "";
  const read = valuesOf(ids);
  // Of those marked meanwhile none is lost, nor of those that came in between: by a merge, or corrected by now.
  const between = sql`select f.id from ${failedReplies} f
    where f.cluster_id = ${id} and f.id > ${before} and f.id <= ${newest} and ${TEACHES}`;
  return { distilledTo: newest || null, unread: unreadWith(between, read) };
}
