/** The normal quantile of a two-sided 95% interval. */
const Z = 1.959964;

export interface Rate {
  n: number;
  failed: number;
}

export interface Difference {
  /** Failure rate guided minus plain: below 0, the guidance helps. */
  difference: number;
  low: number;
  high: number;
}

/**
 * The difference of two rates with its 95% interval: Newcombe's hybrid of two Wilson intervals (Newcombe 1998,
 * "Interval estimation for the difference between independent proportions", method 10). Holds for small counts and
 * for rates of 0 and 1, where the textbook interval has width 0.
 * @returns null while one side has no outcome
 */
export function rateDifference(guided: Rate, plain: Rate): Difference | null {
  if (guided.n === 0 || plain.n === 0) return null;
  const [g, p] = [wilson(guided), wilson(plain)];
  const difference = g.rate - p.rate;
  return {
    difference,
    low: difference - Math.hypot(g.rate - g.low, p.high - p.rate),
    high: difference + Math.hypot(g.high - g.rate, p.rate - p.low),
  };
}

/** A rate with its 95% interval, by Wilson (1927). */
export function wilson({ n, failed }: Rate): { rate: number; low: number; high: number } {
  const rate = failed / n;
  const middle = rate + (Z * Z) / (2 * n);
  const reach = Z * Math.sqrt((rate * (1 - rate)) / n + (Z * Z) / (4 * n * n));
  const scale = 1 + (Z * Z) / n;
  return { rate, low: Math.max(0, (middle - reach) / scale), high: Math.min(1, (middle + reach) / scale) };
}

/**
 * Fewest outcomes on each side before guidance is switched off: the interval is looked at again and again, and with
 * few outcomes one bad hour would decide.
 */
export const FEWEST_OUTCOMES = 30;

/** True where the whole interval says that guided replies fail more often. Pinned or not: a pin is an opinion. */
export function isHarmful(guided: Rate, plain: Rate): boolean {
  if (Math.min(guided.n, plain.n) < FEWEST_OUTCOMES) return false;
  return (rateDifference(guided, plain)?.low ?? 0) > 0;
}
