import { and, eq } from "drizzle-orm";
import { failedReplies } from "../db/schema/failures.ts";
import { keepLease, LEASE_MS } from "../lib/keep-lease.ts";
import type { Services } from "../services.ts";

/** Keeps the lease of a correction, while this attempt holds it. @returns ends it */
export function keepCorrection(
  { db, clock }: Pick<Services, "db" | "clock">,
  failureId: string,
  attempt: number,
  everyMs?: number,
): () => void {
  const held = and(
    eq(failedReplies.id, failureId),
    eq(failedReplies.status, "correcting"),
    eq(failedReplies.attempts, attempt),
  );
  const renew = async () =>
    db
      .update(failedReplies)
      .set({ dueAt: clock() + LEASE_MS })
      .where(held);
  return keepLease(renew, { failure_id: failureId }, everyMs);
}
