import { desc, eq, lt } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type WithdrawalFilter, withdrawals } from "../db/schema/withdrawals.ts";
import { idAfter, type Page, toPage } from "../http/pagination.ts";
import { found } from "../lib/errors.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import { trainedOn } from "./preview-withdrawal.ts";
import type { WithdrawalOutput, WithdrawalQuery } from "./schemas.ts";

/** @throws RedraftError `not_found` */
export async function getWithdrawal(db: Db, id: string): Promise<WithdrawalOutput> {
  const [row] = await db.select().from(withdrawals).where(eq(withdrawals.id, id));
  return toOutput(db, found(row, "withdrawal"));
}

/** Newest first. */
export async function listWithdrawals(db: Db, { cursor, limit }: WithdrawalQuery): Promise<Page<WithdrawalOutput>> {
  const after = idAfter(cursor);
  const rows = await db
    .select()
    .from(withdrawals)
    .where(after ? lt(withdrawals.id, after) : undefined)
    .orderBy(desc(withdrawals.id))
    .limit(limit + 1);
  const told = await Promise.all(rows.map((row) => toOutput(db, row)));
  return toPage(
    told,
    limit,
    ({ id }) => [id],
    (row) => row,
  );
}

async function toOutput(db: Db, row: typeof withdrawals.$inferSelect): Promise<WithdrawalOutput> {
  const { id, status, mode, reason, total, actor } = row;
  const held = row.exportIds.map(([exportId]) => exportId);
  return {
    ...{ id, status, mode, reason, total, actor },
    filter: filterOf(row.filter),
    withdrawn: row.taken,
    lessons_retired: row.lessonIds.length,
    exports: held.map((exportId) => ({ id: exportId, rebuild: `/v1/exports/${exportId}/rebuild` })),
    fine_tunes: held.length === 0 ? [] : await trainedOn(db, held),
    created_at: toRfc3339(row.createdAt),
    finished_at: toRfc3339OrNull(row.finishedAt),
  };
}

/** A filter as the API gives it. */
function filterOf({ cluster_id, ...filter }: WithdrawalFilter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter).map(([name, value]) => [name, typeof value === "number" ? toRfc3339(value) : value]),
  );
}
