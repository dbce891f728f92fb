import { expect, it } from "vitest";
import { isHarmful, rateDifference } from "../../src/experiments/harm.ts";

it("guidance that helps has a difference below 0, and none is given while one arm has no outcome", () => {
  const helps = rateDifference({ n: 80, failed: 48 }, { n: 70, failed: 56 });
  expect(helps?.difference).toBeCloseTo(-0.2, 9);
  expect(helps?.high).toBeLessThan(0);
  expect(rateDifference({ n: 0, failed: 0 }, { n: 70, failed: 56 })).toBeNull();
});

it("guidance is harmful only with enough outcomes and an interval wholly on the wrong side", () => {
  expect(isHarmful({ n: 10, failed: 10 }, { n: 10, failed: 0 })).toBe(false);
  expect(isHarmful({ n: 60, failed: 40 }, { n: 60, failed: 10 })).toBe(true);
  expect(isHarmful({ n: 60, failed: 12 }, { n: 60, failed: 10 })).toBe(false);
});
