import { describe, expect, it } from "vitest";
import { coverageOf, INTERVALS } from "../../../dev/lib/honesty/intervals.ts";
import { summarize, WORLDS } from "../../../dev/lib/honesty/scenarios.ts";

// Small and seeded; `npm run bench -- honesty` has the large one.
const RUNS = 60;
const ENDS = [1_000, 3_000];

describe("guidance that changes nothing", () => {
  it.each(Object.entries(WORLDS))(
    "is hardly ever taken for guidance that does, looked at after each outcome: %s",
    (_, world) => {
      const { found, riskCovered, fixed } = summarize({ ...world, risk: 1 }, RUNS, ENDS);
      // A twentieth of 60 is 3; a fixed interval calls 10 and more.
      expect(found[1]).toBeLessThanOrEqual(0.07);
      expect(riskCovered).toBeGreaterThanOrEqual(0.93);
      if (world.promptsEach === undefined) expect(fixed[1]).toBeGreaterThan(0.1);
    },
  );
});

describe("guidance that halves failures", () => {
  it("is found, and the interval holds the truth at every look", () => {
    const world = WORLDS["20% fail"];
    if (world === undefined) throw new Error("no such world");
    const { found, harm, riskCovered } = summarize({ ...world, risk: 0.5 }, RUNS, ENDS);
    expect(found[0]).toBeGreaterThan(0.15);
    expect(found[1]).toBeGreaterThan(0.85);
    expect(harm[1]).toBe(0);
    expect(riskCovered).toBeGreaterThanOrEqual(0.93);
  });
});

describe("an interval that is shown", () => {
  it.each(INTERVALS)("holds the truth as often as it claims, to a point: $name", (interval) => {
    const { mean, nominal } = coverageOf(interval, 1_500);
    expect(mean).toBeGreaterThanOrEqual(nominal - 0.01);
  });
});
