import type { Pairwise } from "../../db/schema/judge.ts";
import { ONE_SAMPLE_SPREAD } from "../../judge/gain.ts";
import { mean, meanEstimate, shareEstimate } from "../../lib/statistics/estimates.ts";
import type { CaseOutput, ComparisonNumbers } from "./schemas.ts";

/** Below this an interval would look surer than it is: two cases that happen to agree have one of width 0. */
const FEWEST_CASES = 5;

/** What a summary looks at. */
export type CaseNumbers = Pick<CaseOutput, "status" | "base_rating" | "tuned_rating" | "pairwise">;

/** Adds up cases. Those without two ratings count nowhere: a reply that no model is to blame for is not a bad one. */
export function summarise(cases: CaseNumbers[]): ComparisonNumbers {
  const scored = cases.flatMap(({ status, base_rating: base, tuned_rating: tuned, pairwise }) =>
    status === "scored" && base !== null && tuned !== null ? [{ base, tuned, pairwise }] : [],
  );
  const n = scored.length;
  const count = (result: Pairwise) => scored.filter(({ pairwise }) => pairwise === result).length;
  const [wins, losses] = [count("won"), count("lost")];
  const decided = wins + losses;
  const too_few = n < FEWEST_CASES;
  return {
    n,
    base_rating: n === 0 ? null : mean(scored.map(({ base }) => base)),
    tuned_rating: n === 0 ? null : mean(scored.map(({ tuned }) => tuned)),
    difference: too_few
      ? null
      : meanEstimate(
          scored.map(({ base, tuned }) => tuned - base),
          ONE_SAMPLE_SPREAD,
        ),
    ...{ wins, ties: count("tie"), losses, not_compared: count("unknown"), too_few },
    win_share: decided < FEWEST_CASES ? null : shareEstimate({ n: decided, count: wins }),
  };
}

/** How many cases each model did not answer for technical reasons alone. */
export interface TechnicalFailures {
  base: number;
  tuned: number;
}

/** What the numbers allow to be said, in a sentence or two. */
export function meaningOf(
  { n, difference }: Pick<ComparisonNumbers, "n" | "difference">,
  { base, tuned }: TechnicalFailures = { base: 0, tuned: 0 },
): string {
  if (base !== tuned) {
    return (
      `No verdict: for technical reasons ${cases(base)} got no reply from the base model alone, and ${cases(tuned)} ` +
      "none from the tuned model alone. What is left is no fair sample. Compare again."
    );
  }
  if (n === 0) return "No case is rated yet.";
  if (difference === null) return `${n} rated ${n === 1 ? "case is" : "cases are"} too few to show a difference.`;
  const estimate = "By the judge's estimate, ";
  if (difference.low > 0) return `${estimate}the tuned model answers unseen failures better than its base.`;
  if (difference.high < 0) return `${estimate}the tuned model answers unseen failures worse than its base.`;
  return `${estimate}there is no clear difference: the interval includes 0.`;
}

const cases = (n: number) => `${n} ${n === 1 ? "case" : "cases"}`;
