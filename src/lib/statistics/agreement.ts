import { type Estimate, mean, shareEstimate, studentT } from "./estimates.ts";

/** With fewer items that two people rated there is no interval worth showing. */
export const FEWEST_RATED_TWICE = 10;

/** Of all verdicts on the items: how many of each, and what share of the pairs within items differs. */
interface Counted {
  totals: Map<string, number>;
  values: number;
  observed: number;
}

/**
 * Krippendorff's alpha for verdicts without an order: 1 - observed / expected disagreement, 1 for full agreement and 0
 * for what chance would give (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"). Any number of people,
 * who need not all have rated everything; an item with one verdict is passed over.
 * @returns null where there is nothing to compare, or all verdicts are the same
 */
export function krippendorffAlpha(items: readonly (readonly string[])[]): number | null {
  const { totals, values, observed } = countVerdicts(items);
  const expected = expectedDisagreement(totals, values);
  return expected > 0 ? 1 - observed / expected : null;
}

/**
 * Krippendorff's alpha with its 95% interval: Wilson's for the observed disagreement, so that full agreement on a few
 * items claims no certainty, and the jackknife over items for the expected one, put together as MOVER does for a ratio
 * (Zou and Donner 2008). The bootstrap, which is usual, has no width where all agree.
 * @returns null below ten items, and where `krippendorffAlpha` is
 */
export function agreementEstimate(items: readonly (readonly string[])[]): Estimate | null {
  const compared = items.filter((verdicts) => verdicts.length > 1);
  const n = compared.length;
  const { totals, values, observed } = countVerdicts(compared);
  const expected = expectedDisagreement(totals, values);
  if (n < FEWEST_RATED_TWICE || expected === 0) return null;
  const share = shareEstimate({ n, count: observed * n });
  const byExpected = (observed / expected) * expectedReach(compared, totals, values);
  const value = 1 - observed / expected;
  return {
    value,
    low: value - Math.hypot(share.high - observed, byExpected) / expected,
    high: Math.min(1, value + Math.hypot(observed - share.low, byExpected) / expected),
    n,
  };
}

function countVerdicts(items: readonly (readonly string[])[]): Counted {
  const totals = new Map<string, number>();
  let values = 0;
  let differing = 0;
  for (const verdicts of items.filter(({ length }) => length > 1)) {
    for (const verdict of verdicts) {
      totals.set(verdict, (totals.get(verdict) ?? 0) + 1);
      differing += verdicts.filter((other) => other !== verdict).length / (verdicts.length - 1);
    }
    values += verdicts.length;
  }
  return { totals, values, observed: values === 0 ? 0 : differing / values };
}

/** The share of all pairs of verdicts that differ, whatever their items. */
function expectedDisagreement(totals: Map<string, number>, values: number): number {
  const unlike = [...totals.values()].reduce((sum, count) => sum + count * (values - count), 0);
  return values < 2 ? 0 : unlike / (values * (values - 1));
}

/** Half the 95% interval of the expected disagreement, by leaving out one item after the other. */
function expectedReach(items: readonly (readonly string[])[], totals: Map<string, number>, values: number): number {
  const n = items.length;
  const without = items.map((verdicts) => {
    const left = new Map(totals);
    for (const verdict of verdicts) left.set(verdict, (left.get(verdict) ?? 0) - 1);
    return expectedDisagreement(left, values - verdicts.length);
  });
  const middle = mean(without);
  const squares = without.reduce((sum, one) => sum + (one - middle) ** 2, 0);
  return studentT(n - 1) * Math.sqrt(((n - 1) / n) * squares);
}
