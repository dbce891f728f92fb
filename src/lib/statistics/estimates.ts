/** A number with its 95% confidence interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
  n: number;
}

/** Of a set of numbers. */
export interface Moments {
  n: number;
  mean: number;
  /** The sample variance. */
  variance: number;
}

/** The 97.5% quantile of the normal distribution. */
export const Z = 1.959964;

/** The 97.5% quantile of Student's t for 1 to 30 degrees of freedom, as published (NIST/SEMATECH e-Handbook, 1.3.6.7.2). */
const STUDENT_T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** The 97.5% quantile of Student's t; past the table by the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5). */
export function studentT(degrees: number): number {
  const listed = STUDENT_T[degrees - 1];
  if (listed !== undefined) return listed;
  return Z + (Z ** 3 + Z) / (4 * degrees) + (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * degrees ** 2);
}

/** The arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** A number as it is shown, to a tenth. */
export function toTenth(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10;
}

/** The sample variance (divided by n - 1); NaN with fewer than two values. */
export function variance(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (values.length - 1);
}

/**
 * Mean with Student's t interval; null with fewer than two values, which give no interval.
 * @param leastSpread the standard deviation that one value is known to have at least: values that agree do so by luck
 */
export function meanEstimate(values: readonly number[], leastSpread = 0): Estimate | null {
  const n = values.length;
  if (n < 2) return null;
  const value = mean(values);
  const half = studentT(n - 1) * Math.sqrt(Math.max(variance(values), leastSpread ** 2) / n);
  return { value, low: value - half, high: value + half, n };
}

/** Below this an interval says nothing: its width needs n - 3. */
const FEWEST_PAIRS = 5;

/**
 * Spearman's rank correlation with ties, and Fisher's interval with the standard error of Bonett and Wright (2000).
 * Null with fewer than five pairs, or where one side is all the same, so that there is no order to agree on.
 */
export function spearman(pairs: readonly (readonly [number, number])[]): Estimate | null {
  const n = pairs.length;
  if (n < FEWEST_PAIRS) return null;
  const value = pearson(ranks(pairs.map(([x]) => x)), ranks(pairs.map(([, y]) => y)));
  if (Number.isNaN(value)) return null;
  // At exactly 1 the transform is infinite.
  const z = Math.atanh(Math.max(-1 + 1e-9, Math.min(1 - 1e-9, value)));
  const half = Z * Math.sqrt((1 + value ** 2 / 2) / (n - 3));
  return { value, low: Math.tanh(z - half), high: Math.tanh(z + half), n };
}

/** Ranks from 1; equal values share the mean of theirs. */
function ranks(values: number[]): number[] {
  const order = values.map((value, at) => ({ value, at })).sort((a, b) => a.value - b.value);
  const ranked = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && order[to]?.value === order[from]?.value) to++;
    for (const { at } of order.slice(from, to)) ranked[at] = (from + 1 + to) / 2;
    from = to;
  }
  return ranked;
}

function pearson(xs: number[], ys: number[]): number {
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const products = xs.map((x, i) => (x - meanX) * ((ys[i] ?? 0) - meanY));
  return mean(products) / Math.sqrt(mean(xs.map((x) => (x - meanX) ** 2)) * mean(ys.map((y) => (y - meanY) ** 2)));
}

/** How often something happened, of how many times it could have. */
export interface Share {
  n: number;
  count: number;
}

/** A share with its 95% interval, by Wilson (1927). */
export function shareEstimate({ n, count }: Share): Estimate {
  const value = count / n;
  const middle = value + (Z * Z) / (2 * n);
  const reach = Z * Math.sqrt((value * (1 - value)) / n + (Z * Z) / (4 * n * n));
  const scale = 1 + (Z * Z) / n;
  return { value, low: Math.max(0, (middle - reach) / scale), high: Math.min(1, (middle + reach) / scale), n };
}

/**
 * The first share less the second, with its 95% interval: Newcombe's hybrid of two Wilson intervals (Newcombe 1998,
 * "Interval estimation for the difference between independent proportions", method 10). Holds for small counts and
 * for shares of 0 and 1, where the textbook interval has width 0.
 * @returns null while one side has no cases
 */
export function shareDifference(first: Share, second: Share): Omit<Estimate, "n"> | null {
  if (first.n === 0 || second.n === 0) return null;
  const [a, b] = [shareEstimate(first), shareEstimate(second)];
  const value = a.value - b.value;
  return {
    value,
    low: value - Math.hypot(a.value - a.low, b.high - b.value),
    high: value + Math.hypot(a.high - a.value, b.value - b.low),
  };
}
