import { asc, eq } from "drizzle-orm";
import { withdrawnFailures } from "../db/schema/withdrawals.ts";
import { eraseFailures } from "../erasure/erase-failures.ts";
import type { Step } from "./piece.ts";
import { FAILURES_A_PIECE } from "./set-aside.ts";

/** Erases what is set aside. With a failure its record here goes too, so that what is left is what there is to do. */
export const eraseWithdrawn: Step = async (services, row) => {
  const left = await services.db
    .select({ id: withdrawnFailures.failedReplyId })
    .from(withdrawnFailures)
    .where(eq(withdrawnFailures.withdrawalId, row.id))
    .orderBy(asc(withdrawnFailures.failedReplyId))
    .limit(FAILURES_A_PIECE);
  await eraseFailures(
    services,
    left.map(({ id }) => id),
  );
  return { next: left.at(-1)?.id ?? null };
};
