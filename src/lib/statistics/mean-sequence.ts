/**
 * Half the width of an asymptotic confidence sequence: an interval for a mean that may be looked at at any time, once
 * there are enough observations for their mean to be normal (Waudby-Smith and others, "Time-uniform central limit
 * theory and asymptotic confidence sequences", arXiv 2103.06476).
 * @param error the standard error of the mean
 * @param n observations
 * @param tightestAt the number of observations for which it is to be narrowest
 */
export function sequenceReach(error: number, n: number, tightestAt: number, alpha = 0.05): number {
  const ln = Math.log(alpha);
  const rho2 = (-2 * ln + Math.log(1 - 2 * ln)) / tightestAt;
  const spread = n * rho2 + 1;
  return error * Math.sqrt(n) * Math.sqrt(((2 * spread) / (n * n * rho2)) * Math.log(Math.sqrt(spread) / alpha));
}
