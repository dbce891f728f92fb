import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evidenceNeeded } from "../../../src/lib/statistics/false-discoveries.ts";
import { sequenceReach } from "../../../src/lib/statistics/mean-sequence.ts";
import {
  eventsUntilFound,
  FOUND,
  lnEvidence,
  pValue,
  relativeRisk,
  type SplitCount,
} from "../../../src/lib/statistics/split-test.ts";

const at = (k: number, n = 210, share = 0.1): SplitCount[] => [{ share, n, k }];
const shareOf = (risk: number, share = 0.1) => share / (share + risk * (1 - share));

describe("the failures-only test", () => {
  it("gives the evidence, risk and interval of the published formula", () => {
    expect(lnEvidence(at(40))).toBeCloseTo(4.788, 3);
    expect(pValue(lnEvidence(at(40)))).toBeCloseTo(0.0083, 4);
    const found = relativeRisk(at(40));
    expect(found?.value).toBeCloseTo(0.4722, 4);
    // The bounds were published from a grid of thousandths.
    expect(Math.abs(shareOf(found?.high ?? 0) - 0.11)).toBeLessThan(0.001);
    expect(Math.abs(shareOf(found?.low ?? 0) - 0.295)).toBeLessThan(0.001);
    expect(Math.abs((found?.low ?? 0) - 0.27)).toBeLessThan(0.01);
    expect(Math.abs((found?.high ?? 0) - 0.9)).toBeLessThan(0.01);
    expect(found?.high).toBeCloseTo(0.905416, 5);
    expect(lnEvidence(at(30))).toBeCloseTo(0.659, 3);
    expect(pValue(lnEvidence(at(30)))).toBeCloseTo(0.517, 3);
    const open = relativeRisk(at(30));
    expect(open?.value).toBeCloseTo(2 / 3, 9);
    expect(Math.abs((open?.low ?? 0) - 0.39)).toBeLessThan(0.01);
    expect(Math.abs((open?.high ?? 0) - 1.24)).toBeLessThan(0.01);
  });

  it("says nothing of no events, and leaves open what events of one side alone cannot close", () => {
    expect(relativeRisk([])).toBeNull();
    expect(relativeRisk(at(0, 0))).toBeNull();
    expect(lnEvidence(at(0, 0))).toBe(0);
    expect(relativeRisk(at(0, 5))).toMatchObject({ value: Number.POSITIVE_INFINITY, high: Number.POSITIVE_INFINITY });
    expect(relativeRisk(at(5, 5))).toMatchObject({ value: 0, low: 0 });
    expect(relativeRisk([{ share: 0, n: 50, k: 0 }]), "all on one side").toBeNull();
    expect(lnEvidence([{ share: 1, n: 50, k: 50 }])).toBe(0);
  });

  it("weighs each event by the probability that was in force: a change of it is no effect", () => {
    const changed: SplitCount[] = [
      { share: 0.1, n: 300, k: 30 },
      { share: 0.5, n: 300, k: 150 },
    ];
    expect(lnEvidence(changed)).toBeLessThan(0);
    expect(relativeRisk(changed)?.value).toBeCloseTo(1, 3);
    expect(lnEvidence(at(180, 600, 0.1)), "as if it had been 0.1 throughout").toBeGreaterThan(FOUND);
  });

  it("has the risk inside the interval, and outside of it exactly what there is evidence against", () => {
    const counts = fc
      .record({
        share: fc.constantFrom(0.05, 0.1, 0.5, 0.9),
        n: fc.integer({ min: 2, max: 5_000 }),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ share, n, part }) => ({ share, n, k: Math.round(part * n) }));
    fc.assert(
      fc.property(counts, (count) => {
        const risk = relativeRisk([count]);
        if (risk === null) throw new Error("no risk");
        expect(risk.low).toBeLessThanOrEqual(risk.value);
        expect(risk.high).toBeGreaterThanOrEqual(risk.value);
        expect(lnEvidence([count]) < FOUND).toBe(risk.low < 1 && risk.high > 1);
        if (risk.low > 0) expect(lnEvidence([count], risk.low)).toBeCloseTo(FOUND, 3);
        if (risk.high < 1e9) expect(lnEvidence([count], risk.high)).toBeCloseTo(FOUND, 3);
      }),
    );
  });

  it("foretells how many more events it takes, and not where no number would do", () => {
    expect(eventsUntilFound(at(40))).toBe(0);
    const more = eventsUntilFound(at(30)) ?? 0;
    expect(lnEvidence(at(30 * (1 + more / 210), 210 + more))).toBeCloseTo(FOUND, 1);
    expect(eventsUntilFound(at(21))).toBeNull();
    expect(eventsUntilFound([])).toBeNull();
  });
});

it("a confidence sequence for means has the width of the published implementation", () => {
  expect(sequenceReach(0.33341, 6_461, 1_000)).toBeCloseTo(1.0618, 4);
  expect(sequenceReach(0.03386, 6_461, 5_000)).toBeCloseTo(0.1029, 4);
});

describe("of many tests at once", () => {
  it("those count whose evidence is at least m/(kα)", () => {
    const ln = (...evidence: number[]) => evidence.map(Math.log);
    // Of four, two have 40 = 4/(2·0.05); a third would have needed 26.7.
    expect(Math.exp(evidenceNeeded(ln(100, 40, 26, 1), 0.05))).toBeCloseTo(40, 9);
    expect(Math.exp(evidenceNeeded(ln(100, 40, 27, 20), 0.05)), "a weaker one carries those before it").toBeCloseTo(
      20,
      9,
    );
    expect(evidenceNeeded(ln(79, 39, 26, 19), 0.05)).toBe(Number.POSITIVE_INFINITY);
    expect(evidenceNeeded([], 0.05)).toBe(Number.POSITIVE_INFINITY);
  });
});
