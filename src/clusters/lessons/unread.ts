import { gt, inArray, type SQL, sql } from "drizzle-orm";
import { valuesOf } from "../../db/client.ts";
import type { clusters } from "../../db/schema/clusters.ts";
import { failedReplies } from "../../db/schema/failures.ts";

type Cluster = Pick<typeof clusters.$inferSelect, "distilledTo" | "unread">;

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

/** What is set on a cluster once these failures were read. */
export function asRead({ distilledTo }: Cluster, ids: string[]) {
  const newest = [distilledTo ?? "", ...ids].toSorted().at(-1);
  return {
    distilledTo: newest || null,
    // Of those marked meanwhile none is lost.
    unread: sql`(select json_group_array(u.value) from json_each(clusters.unread) u
      where u.value not in ${valuesOf(ids)})`,
  };
}
