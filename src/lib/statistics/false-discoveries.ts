/**
 * Of many tests at once, those whose finding counts: on average at most the share α of what is found is none, however
 * the tests hang together (e-BH; Wang and Ramdas, "False discovery rate control with e-values", arXiv 2009.02824).
 * @param lnEvidence of each test, as natural logarithms
 * @returns the least evidence that counts; Infinity where none does
 */
export function evidenceNeeded(lnEvidence: readonly number[], alpha: number): number {
  const sorted = lnEvidence.toSorted((a, b) => b - a);
  const needed = (found: number) => Math.log(sorted.length / (found * alpha));
  const found = sorted.findLastIndex((evidence, at) => evidence >= needed(at + 1)) + 1;
  return found === 0 ? Number.POSITIVE_INFINITY : needed(found);
}
