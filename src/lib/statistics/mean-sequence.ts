/** 1 less the confidence: 95%. */
const ALPHA = 0.05;

/**
 * Half the width of an asymptotic confidence sequence of a mean: intervals after 1, 2, 3… values that all hold at once,
 * 95 times in 100, so that one may look at each (Waudby-Smith et al., arXiv 2103.06476). About half as wide again as an
 * interval that may be looked at once.
 *
 * @param standardError of the mean so far
 * @param n how many values it is of
 * @param tightest for how many values it is to be tightest
 */
export function sequenceReach(standardError: number, n: number, tightest: number): number {
  const log = -2 * Math.log(ALPHA);
  const rho2 = (log + Math.log(1 + log)) / tightest;
  const grown = n * rho2 + 1;
  return standardError * Math.sqrt(((2 * grown) / (n * rho2)) * Math.log(Math.sqrt(grown) / ALPHA));
}
