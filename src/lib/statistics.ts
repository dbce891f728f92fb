/** A number with its 95% confidence interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
  n: number;
}

/** The 97.5% point of the normal distribution. */
const Z = 1.96;

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
