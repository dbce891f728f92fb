import { describe, expect, it } from "vitest";
import { shareDifference, shareEstimate } from "../../src/lib/statistics.ts";

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
