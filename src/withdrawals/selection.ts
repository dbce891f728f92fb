import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { failedReplies, NOT_WITHDRAWN } from "../db/schema/failures.ts";
import { type WithdrawalFilter, type WithdrawalMode, withdrawnFailures } from "../db/schema/withdrawals.ts";
import { failureConditions } from "../failures/queries.ts";

/** SQL: which failures a withdrawal takes; null where its topic is unknown. What is withdrawn can still be erased. */
export async function selectionOf(
  db: Db,
  { topic, ...filter }: WithdrawalFilter,
  mode: WithdrawalMode,
): Promise<SQL | null> {
  const { agent, channel, withdrawal_id, cluster_id } = filter;
  const where = await failureConditions(db, { ...filter, ...(cluster_id === undefined && { topic }) });
  if (where === null) return null;
  if (cluster_id !== undefined) where.push(eq(failedReplies.clusterId, cluster_id));
  if (agent !== undefined) where.push(eq(failedReplies.agent, agent));
  if (channel !== undefined) where.push(eq(failedReplies.channel, channel));
  if (withdrawal_id !== undefined) {
    where.push(
      eq(failedReplies.status, "withdrawn"),
      sql`exists (select 1 from ${withdrawnFailures} w
        where w.withdrawal_id = ${withdrawal_id} and w.failed_reply_id = ${failedReplies.id})`,
    );
  }
  if (mode === "withdraw") where.push(NOT_WITHDRAWN);
  return and(...where) ?? null;
}
