import { describe, expect, it } from "vitest";
import {
  meanEstimate,
  shareDifference,
  shareEstimate,
  spearman,
  studentT,
} from "../../../src/lib/statistics/estimates.ts";

describe("the statistics", () => {
  it("give Spearman's correlation with ties, and its interval", () => {
    // scipy.stats.spearmanr([1,2,2,3,4,5,5,6], [2,1,3,3,5,4,7,6]) is 0.86668…
    const pairs = [
      [1, 2],
      [2, 1],
      [2, 3],
      [3, 3],
      [4, 5],
      [5, 4],
      [5, 7],
      [6, 6],
    ] as const;
    const estimate = spearman(pairs);
    expect(estimate?.value).toBeCloseTo(0.866683, 6);
    expect(estimate?.low).toBeLessThan(0.866683);
    expect(estimate?.high).toBeLessThan(1);
    expect(spearman(pairs.map(([x, y]) => [x, -y] as const))?.value).toBeCloseTo(-(estimate?.value ?? 0), 9);
    expect(spearman(pairs.map(([x]) => [x, 3] as const))).toBeNull();
    expect(spearman(pairs.slice(0, 4))).toBeNull();
  });

  it.each([
    [1, 12.706],
    [2, 4.303],
    [4, 2.776],
    [30, 2.042],
    [31, 2.0395],
    [40, 2.021],
    [60, 2.0],
    [120, 1.98],
  ])("give Student's t for %d degrees of freedom as it is published", (degrees, published) => {
    expect(studentT(degrees)).toBeCloseTo(published, 3);
  });

  it("give a mean with Student's interval", () => {
    // t(0.975, 4) = 2.776, s = 1.5811
    const estimate = meanEstimate([1, 2, 3, 4, 5]);
    expect(estimate?.value).toBe(3);
    expect(estimate?.high).toBeCloseTo(3 + (2.776 * 1.5811) / Math.sqrt(5), 4);
    expect(meanEstimate([0, 2])?.high).toBeCloseTo(1 + 12.706, 4);
    expect(meanEstimate([1])).toBeNull();
    expect(meanEstimate([7, 7, 7, 7], 10)?.high).toBeCloseTo(7 + (3.182 * 10) / 2, 4);
    expect(meanEstimate([0, 2], 1)).toEqual(meanEstimate([0, 2]));
  });
});

describe("the interval of a share", () => {
  // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of %i in %i is Wilson's", (count, n, low, high) => {
    const share = shareEstimate({ n, count });
    expect(share.value).toBeCloseTo(count / n, 9);
    expect(share.low).toBeCloseTo(low, 4);
    expect(share.high).toBeCloseTo(high, 4);
  });
});

describe("the interval of a difference", () => {
  // Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ])("of %i in %i and %i in %i is Newcombe's", (count, n, otherCount, otherN, low, high) => {
    const difference = shareDifference({ n, count }, { n: otherN, count: otherCount });
    expect(difference?.value).toBeCloseTo(count / n - otherCount / otherN, 9);
    expect(difference?.low).toBeCloseTo(low, 4);
    expect(difference?.high).toBeCloseTo(high, 4);
  });

  it("is not known while one side has no cases", () => {
    expect(shareDifference({ n: 0, count: 0 }, { n: 10, count: 3 })).toBeNull();
  });
});
