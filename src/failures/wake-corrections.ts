import { and, count, eq, inArray, isNotNull, lte, or } from "drizzle-orm";
import { z } from "zod";
import { type Db, valuesOf } from "../db/client.ts";
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
 * Messages that may be on their way at once: more than all consumers work off before the sweep comes again, and few
 * enough that a run against a slow provider can be stopped or overtaken.
 */
export const MOST_ON_THEIR_WAY = 5_000;

type Sender = Pick<Services, "db" | "clock" | "corrections">;

/**
 * Sends wake-up messages for failures whose correction was asked for, as many as may be on their way, and notes that they
 * went out. One that is not sent is no loss: its row stays due, and the sweep sends it when its turn has come.
 * @param asked those due first come first
 * @returns how many messages went out
 */
export async function wakeCorrections(services: Sender, asked: string[]): Promise<number> {
  if (asked.length === 0) return 0;
  const room = MOST_ON_THEIR_WAY - (await countOnTheirWay(services.db));
  return sendWakeUps(services, asked.slice(0, Math.max(0, room)));
}

/** The same for all that are given: those whose message was lost are counted as on their way already. */
export async function sendWakeUps({ db, clock, corrections }: Sender, failureIds: string[]): Promise<number> {
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
    const now = clock();
    // The event `sent` of failure-state.ts, for many rows at once. One may have been begun and put back already.
    await db
      .update(failedReplies)
      .set({ sent: true, dueAt: now + RESEND_AFTER_MS })
      .where(
        and(
          inArray(failedReplies.id, valuesOf(ids)),
          eq(failedReplies.status, "pending"),
          or(eq(failedReplies.sent, true), lte(failedReplies.dueAt, now)),
        ),
      );
  }
  return sent;
}

/** How many were sent and not begun yet, as far as that matters. */
async function countOnTheirWay(db: Db): Promise<number> {
  const sent = db
    .select({ id: failedReplies.id })
    .from(failedReplies)
    .where(and(eq(failedReplies.status, "pending"), eq(failedReplies.sent, true), isNotNull(failedReplies.dueAt)))
    .limit(MOST_ON_THEIR_WAY)
    .as("sent");
  const [counted] = await db.select({ n: count() }).from(sent);
  return counted?.n ?? 0;
}
