import { and, asc, eq, getTableColumns, gt, inArray, type SQL, sql } from "drizzle-orm";
import { clusters } from "../db/schema/clusters.ts";
import { outcomes } from "../db/schema/experiments.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { improvements } from "../db/schema/improvements.ts";
import { withdrawals, withdrawnFailures } from "../db/schema/withdrawals.ts";
import type { Piece, Step, Withdrawal, Withdrawing } from "./piece.ts";
import { FAILURES_A_PIECE } from "./set-aside.ts";

/** Puts failures back as they were. Where their cluster was merged meanwhile, they are in the one it went into. */
export const putBack: Step = async (services, row, isCurrent) => {
  const found = await services.db
    .select({ id: withdrawnFailures.failedReplyId })
    .from(withdrawnFailures)
    .where(and(eq(withdrawnFailures.withdrawalId, row.id), gt(withdrawnFailures.failedReplyId, row.cursor)))
    .orderBy(asc(withdrawnFailures.failedReplyId))
    .limit(FAILURES_A_PIECE);
  const last = found.at(-1)?.id;
  if (last === undefined) return { next: null };
  const ids = sql`(select value from json_each(${JSON.stringify(found.map(({ id }) => id))}) where ${isCurrent})`;
  return {
    next: last,
    statements: comeBack(services, row, ids),
    set: { taken: sql`${withdrawals.taken} - ${found.length}` },
  } satisfies Piece;
};

/** SQL: the cluster with this id, or the one it went into. */
const nowIn = (id: SQL) => sql`(select coalesce(c.merged_into, c.id) from ${clusters} c where c.id = ${id})`;

function comeBack({ db, clock }: Withdrawing, row: Withdrawal, ids: SQL) {
  const w = withdrawnFailures;
  const own = sql`from ${w} w where w.withdrawal_id = ${row.id} and w.failed_reply_id = ${failedReplies.id}`;
  const columns = Object.keys(getTableColumns(outcomes)).map((_, at) => `json_extract(w.outcome, '$[${at}]')`);
  const now = clock();
  return [
    db
      .update(failedReplies)
      .set({
        status: sql`(select w.status ${own})`,
        dueAt: sql`(select w.due_at ${own})`,
        clusterId: sql`(select ${nowIn(sql.raw("w.cluster_id"))} ${own})`,
        movedAt: sql`case when (select ${nowIn(sql.raw("w.cluster_id"))} <> w.cluster_id ${own}) then ${now}
          else ${failedReplies.movedAt} end`,
        failureCategory: sql`(select w.failure_category ${own})`,
        updatedAt: now,
      })
      .where(and(inArray(failedReplies.id, ids), eq(failedReplies.status, "withdrawn"))),
    db
      .update(improvements)
      .set({
        isCurrent: true,
        clusterId: sql`(select f.cluster_id from ${failedReplies} f where f.id = ${improvements.failedReplyId})`,
      })
      .where(
        sql`${improvements.seq} in (select w.improvement_seq from ${w} w
          where w.withdrawal_id = ${row.id} and w.failed_reply_id in ${ids})`,
      ),
    db
      .insert(outcomes)
      .select(
        sql`select ${sql.raw(columns.join(", "))} from ${w} w
          where w.withdrawal_id = ${row.id} and w.failed_reply_id in ${ids} and w.outcome is not null`,
      )
      .onConflictDoUpdate({
        target: outcomes.promptId,
        set: { failed: sql`max(${outcomes.failed}, excluded.failed)` },
      }),
  ];
}
