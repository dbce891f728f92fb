import { DAY, MINUTE, SECOND } from "../../lib/time.ts";
import type { StatedLimit } from "./lane.ts";

/** Clocks and rounding of providers. */
const SLACK_MS = 2 * SECOND;

/** A period within this of a day is one. */
const DAY_SHARE = 0.05;

/**
 * A limit a minute, from what a header says; null where it says nothing about a minute. Servers send `-1` and `0` for
 * "none". Groq's requests are a day's: what is used up then takes longer than a minute to come back, or comes back at
 * a day's pace, because a reset means the time until the limit is full again.
 */
export function perMinute(stated: StatedLimit | null | undefined): number | null {
  const { limit, remaining, resetMs, periodMs } = stated ?? { limit: null };
  if (limit === null || !(limit > 0) || (remaining ?? 0) < 0 || (resetMs ?? 0) < 0) return null;
  if (typeof periodMs === "number") return periodMs <= MINUTE ? (limit * MINUTE) / periodMs : null;
  if (resetMs === null || resetMs === undefined) return limit;
  if (resetMs > MINUTE + SLACK_MS) return null;
  const used = limit - (remaining ?? limit);
  const period = used > 0 ? (limit * resetMs) / used : 0;
  return Math.abs(period - DAY) < DAY_SHARE * DAY ? null : limit;
}
