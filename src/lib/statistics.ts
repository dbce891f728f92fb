/** A number with its 95% confidence interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
  n: number;
}

/** The 97.5% point of the normal distribution. */
const Z = 1.959964;

/** Mean with Student's t interval; null with fewer than two values, of which no interval can be told. */
export function meanEstimate(values: number[]): Estimate | null {
  const n = values.length;
  if (n < 2) return null;
  const value = values.reduce((sum, x) => sum + x, 0) / n;
  const variance = values.reduce((sum, x) => sum + (x - value) ** 2, 0) / (n - 1);
  const half = studentT(n - 1) * Math.sqrt(variance / n);
  return { value, low: value - half, high: value + half, n };
}

/** The 97.5% point of Student's t, by the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5). */
function studentT(degrees: number): number {
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
  ];
  return terms.reduce((sum, term, i) => sum + term / degrees ** (i + 1), Z);
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
  const n = xs.length;
  const meanX = xs.reduce((sum, x) => sum + x, 0) / n;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / n;
  let [xy, xx, yy] = [0, 0, 0];
  for (const [i, x] of xs.entries()) {
    const y = ys[i] ?? 0;
    xy += (x - meanX) * (y - meanY);
    xx += (x - meanX) ** 2;
    yy += (y - meanY) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
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
