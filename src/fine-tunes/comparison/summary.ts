import type { Pairwise } from "../../db/schema/judge.ts";
import { type Estimate, meanEstimate, shareEstimate } from "../../lib/statistics.ts";

/** Below this an interval would look surer than it is: two cases that happen to agree have one of width 0. */
export const FEWEST_CASES = 5;

/** What a summary looks at. */
export interface CaseNumbers {
  status: "open" | "scored" | "unscored";
  baseRating: number | null;
  tunedRating: number | null;
  pairwise: Pairwise;
}

export interface Summary {
  /** Cases in which both replies were rated. All else rests on these alone. */
  n: number;
  /** Mean ratings, 0 to 100; null without cases. */
  baseRating: number | null;
  tunedRating: number | null;
  /** Tuned minus base, case by case, in points; null while there are too few cases to give an interval. */
  difference: Estimate | null;
  /** Face to face, as the tuned model sees it. */
  wins: number;
  ties: number;
  losses: number;
  /** Rated, but not compared in both orders. */
  notCompared: number;
  /** Wins among wins and losses, with Wilson's interval; null while there are too few. */
  winShare: Estimate | null;
}

/** Adds up cases. Those without two ratings count nowhere: an unscored reply is not a bad one. */
export function summarise(cases: CaseNumbers[]): Summary {
  const scored = cases.flatMap(({ status, baseRating: base, tunedRating: tuned, pairwise }) =>
    status === "scored" && base !== null && tuned !== null ? [{ base, tuned, pairwise }] : [],
  );
  const count = (result: Pairwise) => scored.filter(({ pairwise }) => pairwise === result).length;
  const [wins, losses] = [count("won"), count("lost")];
  const decided = wins + losses;
  return {
    n: scored.length,
    baseRating: mean(scored.map(({ base }) => base)),
    tunedRating: mean(scored.map(({ tuned }) => tuned)),
    difference: scored.length < FEWEST_CASES ? null : meanEstimate(scored.map(({ base, tuned }) => tuned - base)),
    ...{ wins, ties: count("tie"), losses, notCompared: count("unknown") },
    winShare: decided < FEWEST_CASES ? null : shareEstimate({ n: decided, count: wins }),
  };
}

function mean(values: number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What the numbers allow to be said, in a sentence. */
export function meaningOf({ n, difference }: Summary): string {
  const estimate = "By the judge's estimate, ";
  if (n === 0) return "No case is rated yet.";
  if (difference === null) return `${n} rated ${n === 1 ? "case is" : "cases are"} too few to tell a difference.`;
  if (difference.low > 0) return `${estimate}the tuned model answers unseen failures better than its base.`;
  if (difference.high < 0) return `${estimate}the tuned model answers unseen failures worse than its base.`;
  return `${estimate}no difference can be told: the interval holds 0.`;
}
