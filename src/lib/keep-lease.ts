import { type LogFields, log } from "./log.ts";
import { MINUTE } from "./time.ts";

/** What a worker does not renew for this long is taken from it. */
export const LEASE_MS = 3 * MINUTE;

/** A third of the lease: one renewal may fail, and the next still comes in time. */
const RENEW_MS = MINUTE;

/**
 * Renews a lease for as long as its worker lives, so that leases can be short: what a dead worker held is free again
 * after minutes. Most work ends before the first renewal and pays nothing for it.
 * @param fields name the work in the log
 * @returns ends it
 */
export function keepLease(renew: () => Promise<unknown>, fields: LogFields, everyMs = RENEW_MS): () => void {
  const timer = setInterval(() => {
    // Should the lease run out because of it, another worker takes over and this one stores nothing.
    renew().catch((error: unknown) => log.warn("lease_not_renewed", fields, error));
  }, everyMs);
  return () => clearInterval(timer);
}
