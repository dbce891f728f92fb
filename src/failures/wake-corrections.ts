import { and, eq, inArray, isNotNull } from "drizzle-orm";
import { z } from "zod";
import { valuesOf } from "../db/client.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import { RESEND_AFTER_MS } from "./failure-state.ts";

/** A wake-up call for one correction: the consumer reads the row and skips stale work. */
export const correctionMessage = z.object({ failure_id: z.uuid() });
export type CorrectionMessage = z.infer<typeof correctionMessage>;

/** `sendBatch` takes at most 100 messages. */
const BATCH = 100;

/**
 * Sends wake-up messages for failures whose correction was asked for, and notes that they went out. A message that
 * could not be sent is no loss: its row stays due, and the sweep sends it again.
 * @returns how many messages went out
 */
export async function wakeCorrections(
  { db, clock, corrections }: Pick<Services, "db" | "clock" | "corrections">,
  failureIds: string[],
): Promise<number> {
  let sent = 0;
  for (let i = 0; i < failureIds.length; i += BATCH) {
    const ids = failureIds.slice(i, i + BATCH);
    try {
      await corrections.sendBatch(ids.map((failure_id) => ({ body: { failure_id } })));
    } catch (error) {
      log.warn("corrections_not_sent", { count: failureIds.length - sent }, error);
      break;
    }
    sent += ids.length;
    // The event `sent` of failure-state.ts, for many rows at once.
    await db
      .update(failedReplies)
      .set({ dueAt: clock() + RESEND_AFTER_MS })
      .where(
        and(
          inArray(failedReplies.id, valuesOf(ids)),
          eq(failedReplies.status, "pending"),
          isNotNull(failedReplies.dueAt),
        ),
      );
  }
  return sent;
}
