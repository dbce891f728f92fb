import type { Moments } from "./estimates.ts";

/** One item that was labelled: what people say, what the model says, and how many items it stands for. */
export interface Labelled {
  label: number;
  prediction: number;
  /** 1 / its inclusion probability, in any unit. */
  weight: number;
}

/** A mean with what its intervals are made from. */
export interface MeanOfSample {
  value: number;
  standardError: number;
  /** How many items of equal weight tell as much (Kish 1965): fewer than there are where weights differ. */
  effective: number;
}

/**
 * The mean of a weighted sample (Hájek), its standard error by linearisation. With equal weights: the mean, and s/√n.
 * @param leastVariance what one value varies by at least, where values that happen to agree would claim certainty
 */
export function sampleMean(
  values: readonly number[],
  weights: readonly number[],
  leastVariance = 0,
): MeanOfSample | null {
  const n = values.length;
  if (n < 2) return null;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  const sum = (pick: (share: number, value: number) => number) =>
    shares.reduce((all, share, i) => all + pick(share, values[i] ?? 0), 0);
  const value = sum((share, x) => share * x);
  const squares = sum((share) => share ** 2);
  const spread = (n / (n - 1)) * sum((share, x) => (share * (x - value)) ** 2);
  return { value, standardError: Math.sqrt(Math.max(spread, leastVariance * squares)), effective: 1 / squares };
}

/**
 * The mean of labels over all items, from the few that are labelled and a model's predictions for all: PPI++
 * (Angelopoulos, Duchi, Zrnic 2023, arXiv 2311.01453). With n labelled and N other items, λ of how far predictions are
 * followed: θ = λ·mean(others' predictions) + mean(label − λ·prediction),
 * SE² = λ²·var(others' predictions)/N + var(label − λ·prediction)/n. Right on average however wrong the predictions
 * are; the better they are, the narrower. With unequal weights the labelled are weighted, and the difference is taken
 * to the mean over all items (the regression estimator of survey sampling), which with equal weights is the same.
 *
 * @param others the predictions for items that are not labelled
 * @param lambda 0: people alone; 1: predictions taken in full; null: what makes the interval narrowest
 * @param leastVariance what a label varies by at least
 * @returns null with fewer than two labelled items
 */
export function predictionPowered(
  labelled: readonly Labelled[],
  others: Moments,
  { lambda = null, leastVariance = 0 }: { lambda?: number | null; leastVariance?: number } = {},
): (MeanOfSample & { lambda: number }) | null {
  const n = labelled.length;
  if (n < 2) return null;
  const all = together(momentsOf(labelled.map(({ prediction }) => prediction)), others);
  const scale = others.n === 0 ? 0 : all.n / others.n;
  const followed = others.n === 0 ? 0 : (lambda ?? bestLambda(labelled, all.variance * scale));
  const corrected = labelled.map(({ label, prediction }) => label - followed * prediction);
  const weights = labelled.map(({ weight }) => weight);
  const rest = sampleMean(corrected, weights, leastVariance);
  const seen = sampleMean(
    labelled.map(({ prediction }) => prediction),
    weights,
  );
  if (rest === null || seen === null) return null;
  const byOthers = others.n === 0 ? 0 : (followed ** 2 * others.variance) / others.n;
  return {
    value: rest.value + followed * (seen.value + scale * (all.mean - seen.value)),
    standardError: Math.sqrt(rest.standardError ** 2 + byOthers),
    effective: rest.effective,
    lambda: followed,
  };
}

/** λ = cov(label, prediction) / ((1 + n/N)·var(prediction)), held to 0..1. */
function bestLambda(labelled: readonly Labelled[], scaledVariance: number): number {
  const total = labelled.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (pick: (item: Labelled) => number) =>
    labelled.reduce((sum, item) => sum + (item.weight / total) * pick(item), 0);
  const [label, prediction] = [mean((item) => item.label), mean((item) => item.prediction)];
  const n = labelled.length;
  const covariance = (n / (n - 1)) * mean((item) => (item.label - label) * (item.prediction - prediction));
  return scaledVariance > 0 ? Math.min(1, Math.max(0, covariance / scaledVariance)) : 0;
}

/** Count, mean and sample variance of values; of none all 0. */
export function momentsOf(values: readonly number[]): Moments {
  const n = values.length;
  const mean = n === 0 ? 0 : values.reduce((sum, x) => sum + x, 0) / n;
  return { n, mean, variance: n < 2 ? 0 : values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1) };
}

/** The moments of two sets as one. */
export function together(one: Moments, other: Moments): Moments {
  const n = one.n + other.n;
  if (n < 2) return one.n > 0 ? one : other;
  const mean = (one.n * one.mean + other.n * other.mean) / n;
  const squares = (set: Moments) => Math.max(0, set.n - 1) * set.variance + set.n * (set.mean - mean) ** 2;
  return { n, mean, variance: (squares(one) + squares(other)) / (n - 1) };
}
