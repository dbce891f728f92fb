import type { Pairwise } from "../../db/schema/judge.ts";
import { meanEstimate, shareEstimate } from "../../lib/statistics.ts";
import type { ComparisonNumbers } from "./schemas.ts";

/** Below this an interval would look surer than it is: two cases that happen to agree have one of width 0. */
export const FEWEST_CASES = 5;

/** What a summary looks at. */
export interface CaseNumbers {
  status: "open" | "scored" | "unscored";
  baseRating: number | null;
  tunedRating: number | null;
  pairwise: Pairwise;
}

/** Adds up cases. Those without two ratings count nowhere: an unscored reply is not a bad one. */
export function summarise(cases: CaseNumbers[]): ComparisonNumbers {
  const scored = cases.flatMap(({ status, baseRating: base, tunedRating: tuned, pairwise }) =>
    status === "scored" && base !== null && tuned !== null ? [{ base, tuned, pairwise }] : [],
  );
  const count = (result: Pairwise) => scored.filter(({ pairwise }) => pairwise === result).length;
  const [wins, losses] = [count("won"), count("lost")];
  const decided = wins + losses;
  const tooFew = scored.length < FEWEST_CASES;
  return {
    n: scored.length,
    base_rating: mean(scored.map(({ base }) => base)),
    tuned_rating: mean(scored.map(({ tuned }) => tuned)),
    difference: tooFew ? null : meanEstimate(scored.map(({ base, tuned }) => tuned - base)),
    ...{ wins, ties: count("tie"), losses, not_compared: count("unknown"), too_few: tooFew },
    win_share: decided < FEWEST_CASES ? null : shareEstimate({ n: decided, count: wins }),
  };
}

function mean(values: number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What the numbers allow to be said, in a sentence. */
export function meaningOf({ n, difference }: Pick<ComparisonNumbers, "n" | "difference">): string {
  if (n === 0) return "No case is rated yet.";
  if (difference === null) return `${n} rated ${n === 1 ? "case is" : "cases are"} too few to show a difference.`;
  const estimate = "By the judge's estimate, ";
  if (difference.low > 0) return `${estimate}the tuned model answers unseen failures better than its base.`;
  if (difference.high < 0) return `${estimate}the tuned model answers unseen failures worse than its base.`;
  return `${estimate}there is no clear difference: the interval includes 0.`;
}
