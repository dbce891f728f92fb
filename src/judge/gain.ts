import type { JudgeSample } from "../db/schema/judge.ts";
import { mean, variance } from "../lib/statistics/estimates.ts";

/** What the judge's samples say of a correction. Ratings are null when a reply could not be judged. */
export interface Gain {
  oldRating: number | null;
  newRating: number | null;
  /** New rating minus old rating, whole points; negative when the rewrite is worse. */
  scoreGainEstimate: number | null;
  /** Standard error of the gain, in points: how far chance alone may move it. Null with fewer than two samples each. */
  gainSpread: number | null;
}

/**
 * The spread of a gain from one sample of each reply, in points: half a step of a person's five-step scale, by which
 * a judge that is asked again readily moves (models repeat their own ratings poorly: "Rating Roulette", arXiv
 * 2510.27106). `old_against_old` of the controls shows what it is for the judge at hand. One number for all, so that
 * the orders hold still. Never shown as a number of ours.
 */
export const ONE_SAMPLE_SPREAD = 10;

/** Ratings and gain from the samples of the old and the new reply. Without samples there is no number. */
export function estimateGain(oldSamples: JudgeSample[], newSamples: JudgeSample[]): Gain {
  const oldRatings = oldSamples.map(({ rating }) => rating);
  const newRatings = newSamples.map(({ rating }) => rating);
  const oldRating = oldRatings.length > 0 ? Math.round(mean(oldRatings)) : null;
  const newRating = newRatings.length > 0 ? Math.round(mean(newRatings)) : null;
  if (oldRating === null || newRating === null) {
    return { oldRating, newRating, scoreGainEstimate: null, gainSpread: null };
  }
  const enough = oldRatings.length > 1 && newRatings.length > 1;
  return {
    oldRating,
    newRating,
    scoreGainEstimate: newRating - oldRating,
    gainSpread: enough
      ? Math.sqrt(variance(oldRatings) / oldRatings.length + variance(newRatings) / newRatings.length)
      : null,
  };
}
