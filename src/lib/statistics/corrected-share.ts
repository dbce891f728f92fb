import { type Estimate, type Share, Z } from "./estimates.ts";

/**
 * A share that an imperfect judge counted, corrected by how often it is right (Rogan and Gladen 1978; for model judges
 * arXiv 2511.21140): θ = (p + q0 - 1) / (q0 + q1 - 1). The 95% interval is that of Lang and Reiczigel (2014,
 * "Confidence limits for prevalence of disease adjusted for estimated sensitivity and specificity").
 *
 * @param judged of all cases, those that the judge calls positive
 * @param negatives of those that people call negative, how many the judge does too: q0
 * @param positives of those that people call positive, how many the judge does too: q1
 * @returns null while one of them is empty, or where the judge tells no more than a coin
 */
export function correctedShare(
  judged: Share,
  { negatives, positives }: { negatives: Share; positives: Share },
): Estimate | null {
  if (judged.n === 0 || negatives.n === 0 || positives.n === 0) return null;
  const [p, q0, q1] = [judged.count / judged.n, negatives.count / negatives.n, positives.count / positives.n];
  // As in the interval of Agresti and Coull: some cases more, half of them positive.
  const all = { n: judged.n + Z ** 2, share: (judged.count + Z ** 2 / 2) / (judged.n + Z ** 2) };
  const on0 = { n: negatives.n + 2, share: (negatives.count + 1) / (negatives.n + 2) };
  const on1 = { n: positives.n + 2, share: (positives.count + 1) / (positives.n + 2) };
  const slope = on0.share + on1.share - 1;
  if (q0 + q1 <= 1 || slope <= 0) return null;
  const varianceOf = ({ n, share }: { n: number; share: number }) => (share * (1 - share)) / n;
  const [v0, v1] = [varianceOf(on0), varianceOf(on1)];
  const middle = (all.share + on0.share - 1) / slope;
  const shift = 2 * Z ** 2 * (middle * v1 - (1 - middle) * v0);
  const reach = (Z * Math.sqrt(varianceOf(all) + (1 - middle) ** 2 * v0 + middle ** 2 * v1)) / slope;
  const within = (share: number) => Math.min(1, Math.max(0, share));
  return {
    value: within((p + q0 - 1) / (q0 + q1 - 1)),
    low: within(middle + shift - reach),
    high: within(middle + shift + reach),
    n: negatives.n + positives.n,
  };
}
