import type { Estimate } from "./estimates.ts";

/** The 97.5% quantile of the normal distribution. */
const Z = 1.959964;

/**
 * How often something happened for each time that it could have, with its 95% interval. By Byar's approximation of
 * the exact Poisson interval (Breslow and Day 1987, "Statistical methods in cancer research" II, p. 69): unlike a share, such
 * a rate may exceed 1, and counts of 0 have an interval too.
 * @param dispersion how many times more the count scatters than independent events would: the mean size of the
 *   bunches they come in, weighted by size (`dispersionOf`). At least 1
 * @returns null where it could not have happened at all
 */
export function rateEstimate(count: number, exposure: number, dispersion = 1): Estimate | null {
  if (exposure === 0) return null;
  // Bunches are what is independent; in them, a count means that much less.
  const bunches = count / dispersion;
  const low = bunches === 0 ? 0 : bunches * (1 - 1 / (9 * bunches) - Z / (3 * Math.sqrt(bunches))) ** 3;
  const above = bunches + 1;
  const high = above * (1 - 1 / (9 * above) + Z / (3 * Math.sqrt(above))) ** 3;
  const scale = dispersion / exposure;
  return { value: count / exposure, low: Math.max(0, low) * scale, high: high * scale, n: exposure };
}

/**
 * How many times more a count scatters because its events come in bunches of these sizes: the sum of their squares over
 * their sum, which is the variance of a compound Poisson count over that of a simple one. 1 for no bunches at all.
 */
export function dispersionOf(sizes: readonly number[]): number {
  const events = sizes.reduce((sum, size) => sum + size, 0);
  return events === 0 ? 1 : sizes.reduce((sum, size) => sum + size * size, 0) / events;
}
