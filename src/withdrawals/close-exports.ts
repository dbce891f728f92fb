import { and, eq, isNull, sql } from "drizzle-orm";
import { exportsTable } from "../db/schema/exports.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { improvements } from "../db/schema/improvements.ts";
import { withdrawals, withdrawnFailures } from "../db/schema/withdrawals.ts";
import { findHolders } from "../erasure/find-holders.ts";
import { fileKey } from "../exports/export-state.ts";
import { exportsWith } from "./exports-with.ts";
import type { Step, Withdrawal, Withdrawing } from "./piece.ts";

const EXPORTS_A_PIECE = 20;

/** Closes the files that hold what is withdrawn, until they are rebuilt. They stay where they are, for an undo. */
export const closeExports: Step = async (services, row, isCurrent) => {
  const { db, clock } = services;
  const seqs = await db
    .select({ seq: improvements.seq })
    .from(improvements)
    .innerJoin(
      withdrawnFailures,
      and(eq(withdrawnFailures.failedReplyId, improvements.failedReplyId), eq(withdrawnFailures.withdrawalId, row.id)),
    )
    .orderBy(improvements.seq);
  const { held, next } = await exportsWith(
    services,
    seqs.map(({ seq }) => seq),
    row.cursor,
    EXPORTS_A_PIECE,
  );
  if (row.cursor === "") held.push(...(await guidedExports(services, row)));
  const known = new Set(row.exportIds.map(([id]) => id));
  const found = [...new Map(held.map((one) => [one.id, one])).values()].filter(({ id }) => !known.has(id));
  return {
    next,
    statements: found.map(({ id, generation }) =>
      db
        .update(exportsTable)
        .set({ staleAt: clock(), staleReason: "withdrawn" })
        .where(
          and(
            eq(exportsTable.id, id),
            eq(exportsTable.generation, generation),
            isNull(exportsTable.staleAt),
            isCurrent,
          ),
        ),
    ),
    set: { exportIds: [...row.exportIds, ...found.map(({ id, generation }): [string, number] => [id, generation])] },
  };
};

/** Exports whose guidance may have been learned from what is withdrawn. */
async function guidedExports(services: Withdrawing, row: Withdrawal) {
  const { db } = services;
  const taught = await db.all<{ id: string }>(sql`
    select distinct w.cluster_id as id from ${withdrawnFailures} w
      join ${failedReplies} f on f.id = w.failed_reply_id
      where w.withdrawal_id = ${row.id} and w.cluster_id is not null and f.failure_explanation is not null
    union select l.cluster_id from lessons l where l.id in (select value from json_each(${JSON.stringify(row.lessonIds)}))`);
  const [oldest] = await db
    .select({ id: sql<string | null>`min(${withdrawnFailures.failedReplyId})` })
    .from(withdrawnFailures)
    .where(eq(withdrawnFailures.withdrawalId, row.id));
  if (!oldest?.id) return [];
  const taughtClusterIds = taught.map(({ id }) => id);
  const { exports } = await findHolders(services, [
    { failedReplyId: oldest.id, improvementSeqs: [], taughtClusterIds },
  ]);
  return exports.map(({ id, generation }) => ({ id, generation }));
}

/** Opens the files again that were closed, unless another withdrawal holds them, or an erasure has deleted them. */
export const openExports: Step = async ({ db, bucket }, row, isCurrent) => {
  const statements = [];
  for (const [id, generation] of row.exportIds) {
    if ((await bucket.head(fileKey({ id, generation }, "training_data.jsonl"))) === null) continue;
    const others = sql`exists (select 1 from ${withdrawals} o, json_each(o.export_ids) e where o.id <> ${row.id}
      and o.status in ('running', 'done') and e.value ->> 0 = ${id} and e.value ->> 1 = ${generation})`;
    statements.push(
      db
        .update(exportsTable)
        .set({ staleAt: null, staleReason: null })
        .where(
          and(
            ...[eq(exportsTable.id, id), eq(exportsTable.generation, generation)],
            ...[eq(exportsTable.staleReason, "withdrawn"), sql`not ${others}`, isCurrent],
          ),
        ),
    );
  }
  return { next: null, statements };
};
