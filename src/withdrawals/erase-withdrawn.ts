import { asc, eq } from "drizzle-orm";
import { withdrawnFailures } from "../db/schema/withdrawals.ts";
import { eraseFailure } from "../erasure/erase-failure.ts";
import type { Step } from "./piece.ts";

/** An erasure looks into every export: a few are what one piece should take. */
const ERASED_A_PIECE = 10;

/** Erases what is set aside. With a failure its record here goes too, so that what is left is what there is to do. */
export const eraseWithdrawn: Step = async (services, row) => {
  const left = await services.db
    .select({ id: withdrawnFailures.failedReplyId })
    .from(withdrawnFailures)
    .where(eq(withdrawnFailures.withdrawalId, row.id))
    .orderBy(asc(withdrawnFailures.failedReplyId))
    .limit(ERASED_A_PIECE);
  for (const { id } of left) await eraseFailure(services, id);
  return { next: left.at(-1)?.id ?? null };
};
