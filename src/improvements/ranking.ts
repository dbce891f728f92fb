import { type improvements, UNSCORED_RANK } from "../db/schema/improvements.ts";

type Scored = Pick<typeof improvements.$inferInsert, "scoreGainEstimate" | "gainSpread" | "pairwise" | "guardFindings">;

/**
 * The spread that a gain from single samples is taken to have, in points, where orders need one. Nothing was
 * measured, and a lucky single sample must not outrank a gain that was measured several times; about what one
 * sample of a judge moves by when it is asked again. Never shown as a number of ours.
 */
export const ASSUMED_SPREAD = 10;

/** Mean minus spread: what a gain is worth when luck is taken off. Null: unscored. */
export function lowerBound({ scoreGainEstimate, gainSpread }: Pick<Scored, "scoreGainEstimate" | "gainSpread">) {
  return scoreGainEstimate == null ? null : scoreGainEstimate - (gainSpread ?? ASSUMED_SPREAD);
}

/** Points of doubt. Only their order matters: a lost comparison outweighs a warning, a warning a small gain. */
const DOUBT = { unscored: 200, lost: 100, warning: 50, tie: 40, unknown: 20 } as const;

/** From this lower bound on, the gain alone raises no doubt; below, every point is one. */
const RELIABLE_GAIN = 30;
const MOST_DOUBT_BY_GAIN = 60;

/** How much an improvement needs a person to look at it; the review queue begins with the most. */
export function doubtOf(improvement: Scored): number {
  const bound = lowerBound(improvement);
  const byGain = bound === null ? DOUBT.unscored : Math.min(Math.max(RELIABLE_GAIN - bound, 0), MOST_DOUBT_BY_GAIN);
  const byComparison = improvement.pairwise === "won" ? 0 : DOUBT[improvement.pairwise];
  return byGain + byComparison + (improvement.guardFindings.length > 0 ? DOUBT.warning : 0);
}

/** The columns that an improvement is ordered by. */
export function rankingColumns(improvement: Scored): { rank: number; meanRank: number; doubt: number } {
  return {
    rank: lowerBound(improvement) ?? UNSCORED_RANK,
    meanRank: improvement.scoreGainEstimate ?? UNSCORED_RANK,
    doubt: doubtOf(improvement),
  };
}
