import { and, eq } from "drizzle-orm";
import { failedReplies } from "../db/schema/failures.ts";
import { LEASE_MS } from "../failures/failure-state.ts";
import { log } from "../lib/log.ts";
import { MINUTE } from "../lib/time.ts";
import type { Services } from "../services.ts";

/** A third of the lease: one renewal may fail, and the next still comes in time. */
const RENEW_MS = MINUTE;

/**
 * Keeps a correction's lease for as long as its worker lives, so that leases can be short: a dead worker's corrections
 * are free again after minutes. Most corrections end before the first renewal and pay nothing for it.
 * @returns ends it
 */
export function keepLease(
  { db, clock }: Pick<Services, "db" | "clock">,
  failureId: string,
  attempt: number,
  everyMs = RENEW_MS,
): () => void {
  const renew = async () => {
    try {
      await db
        .update(failedReplies)
        .set({ dueAt: clock() + LEASE_MS })
        .where(
          and(
            eq(failedReplies.id, failureId),
            eq(failedReplies.status, "correcting"),
            eq(failedReplies.attempts, attempt),
          ),
        );
    } catch (error) {
      // Should the lease run out because of it, another attempt takes over and this one stores nothing.
      log.warn("lease_not_renewed", { failure_id: failureId }, error);
    }
  };
  const timer = setInterval(() => void renew(), everyMs);
  return () => clearInterval(timer);
}
