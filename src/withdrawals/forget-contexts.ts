import { sql } from "drizzle-orm";
import { type Changed, forgetContexts } from "../clusters/context/read-context.ts";
import { valuesOf } from "../db/client.ts";
import { clusters, lessons } from "../db/schema/clusters.ts";
import { withdrawnFailures } from "../db/schema/withdrawals.ts";
import { IS_GUIDED } from "../erasure/find-holders.ts";
import { beginAgain } from "../exports/begin-again.ts";
import type { Step } from "./piece.ts";

/** Contexts rebuilt in one piece, each by a call to its object; the one of everything comes with each piece. */
const CONTEXTS_A_PIECE = 10;

const KINDS = { cluster: "c ", category: "f " } as const;

/**
 * Rebuilds the contexts that what is withdrawn was part of, or is again. A lesson may have stayed behind in a cluster
 * that the failures it came from have left. What was merged meanwhile is in the cluster it went into.
 */
export const forgetTouchedContexts: Step = async (services, row, isCurrent) => {
  const { db, clock } = services;
  const own = sql`from ${withdrawnFailures} w where w.withdrawal_id = ${row.id}`;
  const names = await db.all<{ name: string }>(sql`
    select name from (
      select ${KINDS.category} || w.failure_category as name ${own}
      union select ${KINDS.cluster} || coalesce(c.merged_into, c.id) from ${clusters} c where c.id in (
        select w.cluster_id ${own}
        union select json_extract(w.outcome, '$[1]') ${own}
        union select l.cluster_id from ${lessons} l where l.id in ${valuesOf(row.lessonIds)})
    ) where name > ${row.cursor} order by name limit ${CONTEXTS_A_PIECE}`);
  const changed = names.map(({ name }): Changed => {
    const of = name.slice(KINDS.cluster.length);
    return name.startsWith(KINDS.cluster) ? { clusterId: of } : { clusterId: null, failureCategory: of };
  });
  await forgetContexts(services, changed);
  const last = names.length < CONTEXTS_A_PIECE ? null : (names.at(-1)?.name ?? null);
  return {
    next: last,
    // Guided lines carry what a whole cluster was taught: one begun before may have read the contexts as they were.
    statements: last === null ? [...beginAgain(db, sql`${IS_GUIDED} and ${isCurrent}`, clock())] : [],
  };
};
