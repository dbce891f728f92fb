/** How a limit a minute is enforced: in whole minutes, in seconds of a sixtieth each, or as a bucket that refills. */
export const WINDOWS = ["minute", "second", "bucket"] as const;
export type Window = (typeof WINDOWS)[number];

/** What headers say of a limit: a minute's amount, what is left of it, and when all of it is there again. */
export interface MeterState {
  limit: number;
  remaining: number;
  resetMs: number;
}

export interface Meter {
  /** Milliseconds until this amount may be taken; 0: now, infinite: it is more than a minute's worth. */
  wait(now: number, amount: number): number;
  take(now: number, amount: number): void;
  /** What a call costs that is refused, where those count: it uses up what is there, and makes no debts. */
  waste(now: number, amount: number): void;
  state(now: number): MeterState;
}

const MINUTE = 60_000;
/** A bucket holds two seconds' worth: providers that promise a minute's rate seldom take a minute's calls at once. */
const BURST_MS = 2_000;

/**
 * Meters one limit a minute. A call that is larger than what the window ever holds begins when the window is full, and
 * the next ones pay for it: so a bucket of two seconds takes a call worth ten, once in ten seconds.
 */
export function createMeter(limit: number, window: Window, start: number): Meter {
  const step = window === "minute" ? MINUTE : window === "second" ? 1_000 : 0;
  const most = (limit * (step || BURST_MS)) / MINUTE;
  let [level, at] = [most, start];
  // What headers say is a minute's amount, however the limit is enforced.
  let [left, leftAt] = [limit, start];

  function refill(now: number): void {
    const passed = step === 0 ? Math.max(0, now - at) : Math.max(0, Math.floor((now - at) / step)) * step;
    level = Math.min(most, level + (limit * passed) / MINUTE);
    at += passed;
    left = Math.min(limit, left + (limit * Math.max(0, now - leftAt)) / MINUTE);
    leftAt = now;
  }
  return {
    wait(now, amount) {
      refill(now);
      if (amount > limit) return Number.POSITIVE_INFINITY;
      // Sums of fractions miss whole numbers by a hair.
      const missing = Math.min(amount, most) - level - 1e-6;
      if (missing <= 0) return 0;
      const filledIn = (missing / limit) * MINUTE;
      return step === 0 ? Math.ceil(filledIn) : Math.ceil(filledIn / step) * step - (now - at);
    },
    take(now, amount) {
      refill(now);
      level = Math.min(most, level - amount);
      left = Math.min(limit, left - amount);
    },
    waste(now, amount) {
      refill(now);
      // A window that is used up stays so until the next one, whoever knocks; only a bucket loses what dripped in.
      if (step === 0) level = Math.min(level, Math.max(0, level - amount));
      left = Math.min(left, Math.max(0, left - amount));
    },
    state(now) {
      refill(now);
      const remaining = Math.max(0, Math.floor(window === "minute" ? level : left));
      const resetMs = window === "minute" ? at + step - now : Math.ceil(((limit - left) / limit) * MINUTE);
      return { limit, remaining, resetMs };
    },
  };
}
