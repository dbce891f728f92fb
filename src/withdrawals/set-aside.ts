import { and, asc, eq, getTableColumns, gt, inArray, lte, ne, type SQL, sql } from "drizzle-orm";
import { outcomes } from "../db/schema/experiments.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { comparisonCases } from "../db/schema/fine-tunes.ts";
import { improvements } from "../db/schema/improvements.ts";
import { withdrawals, withdrawnFailures } from "../db/schema/withdrawals.ts";
import { beginAgain } from "../exports/begin-again.ts";
import type { Piece, Step, Withdrawal, Withdrawing } from "./piece.ts";
import { selectionOf } from "./selection.ts";

/** Failures set aside, or put back, in one transaction. */
export const FAILURES_A_PIECE = 200;

/**
 * Sets failures aside. They lose what the rest of Redraft finds them by: their state, their cluster and their category,
 * and their improvement is not the current one any more. Everything is kept for an undo. A correction that is under way
 * finds itself overtaken; an export that is being written begins again.
 */
export const setAside: Step = async (services, row, isCurrent) => {
  const { db, clock } = services;
  const which = await selectionOf(db, row.filter, row.mode);
  const found = await db
    .select({ id: failedReplies.id })
    .from(failedReplies)
    .where(and(which ?? sql`false`, gt(failedReplies.id, row.cursor), lte(failedReplies.id, row.boundary)))
    .orderBy(asc(failedReplies.id))
    .limit(FAILURES_A_PIECE);
  const last = found.at(-1)?.id;
  if (last === undefined) return { next: null };
  const json = JSON.stringify(found.map(({ id }) => id));
  const ids = sql`(select value from json_each(${json}) where ${isCurrent})`;
  const [oldest] = await db
    .select({ seq: sql<number | null>`min(${improvements.seq})` })
    .from(improvements)
    .where(sql`${improvements.failedReplyId} in (select value from json_each(${json}))`);
  const counted = sql`(select count(*) from ${withdrawnFailures} w
    where w.withdrawal_id = ${row.id} and w.failed_reply_id > ${row.cursor} and w.failed_reply_id <= ${last})`;
  return {
    next: last,
    statements: [
      ...leave(services, row, ids),
      // What they may already have read goes; a worker that lost its export finds that out by its claim.
      ...(oldest?.seq ? beginAgain(db, sql`${exportsTable.boundary} >= ${oldest.seq} and ${isCurrent}`, clock()) : []),
    ],
    set: { taken: sql`${withdrawals.taken} + ${counted}` },
  } satisfies Piece;
};

function leave({ db, clock }: Withdrawing, row: Withdrawal, ids: SQL) {
  const now = clock();
  // Erasing takes also what is withdrawn already; its record of before is an earlier withdrawal's.
  const taken = and(
    inArray(failedReplies.id, ids),
    row.mode === "erase" ? undefined : ne(failedReplies.status, "withdrawn"),
  );
  const f = failedReplies;
  return [
    // A message that is on its way for one comes to nothing; put back, it is due at once.
    db
      .insert(withdrawnFailures)
      .select(
        sql`select ${row.id}, ${f.id}, case ${f.status} when 'correcting' then 'pending' else ${f.status} end,
          case when ${f.status} = 'correcting' or ${f.sent} then ${now} else ${f.dueAt} end, ${f.clusterId}, ${f.failureCategory},
          (select i.seq from ${improvements} i where i.failed_reply_id = ${f.id} and i.is_current = 1),
          (select json_array(${sql.join(Object.values(getTableColumns(outcomes)), sql`, `)})
            from ${outcomes} where ${outcomes.promptId} = lower(${f.servedPromptId}))
          from ${f} where ${taken}`,
      )
      .onConflictDoNothing(),
    db
      .delete(outcomes)
      .where(sql`${outcomes.promptId} in (select lower(f.served_prompt_id) from ${f} f where f.id in ${ids})`),
    db
      .update(improvements)
      .set({ isCurrent: false })
      .where(and(inArray(improvements.failedReplyId, ids), eq(improvements.isCurrent, true))),
    // One that was compared already is left out where comparisons are read.
    db
      .update(comparisonCases)
      .set({ status: "unscored", reasonCode: "withdrawn" })
      .where(and(inArray(comparisonCases.failedReplyId, ids), eq(comparisonCases.status, "open"))),
    db
      .update(f)
      .set({ status: "withdrawn", dueAt: null, sent: false, clusterId: null, failureCategory: null, updatedAt: now })
      .where(taken),
  ];
}
