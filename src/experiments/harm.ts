import { shareDifference } from "../lib/statistics/estimates.ts";

/** Outcomes of one arm, and how many of them failed. */
export interface FailureRate {
  n: number;
  failed: number;
}

export interface Difference {
  /** Failure rate guided minus plain: below 0, the guidance helps. */
  difference: number;
  low: number;
  high: number;
}

/** What guidance changed, with its 95% interval; null while one arm has no outcome. */
export function rateDifference(guided: FailureRate, plain: FailureRate): Difference | null {
  const found = shareDifference({ n: guided.n, count: guided.failed }, { n: plain.n, count: plain.failed });
  return found && { difference: found.value, low: found.low, high: found.high };
}

/**
 * Fewest outcomes in each arm before guidance is switched off: the interval is looked at again and again, and with
 * few outcomes one bad hour would decide.
 */
const FEWEST_OUTCOMES = 30;

/** True where the whole interval says that guided replies fail more often. Pinned or not: a pin is an opinion. */
export function isHarmful(guided: FailureRate, plain: FailureRate): boolean {
  if (Math.min(guided.n, plain.n) < FEWEST_OUTCOMES) return false;
  return (rateDifference(guided, plain)?.low ?? 0) > 0;
}
