import { and, eq, isNull } from "drizzle-orm";
import { comparisons } from "../../db/schema/fine-tunes.ts";
import type { Services } from "../../services.ts";

/**
 * Ends the comparison of a fine-tune that is under way; one that is over, or was never asked for, stays as it is. Cases
 * that are being answered right now are finished and kept, since they are paid for; no further one begins.
 */
export async function cancelComparison(
  { db, clock }: Pick<Services, "db" | "clock">,
  fineTuneId: string,
): Promise<void> {
  await db
    .update(comparisons)
    .set({ status: "cancelled", waiting: null, finishedAt: clock() })
    .where(and(eq(comparisons.fineTuneId, fineTuneId), isNull(comparisons.finishedAt)));
}
