import { describe, expect, it } from "vitest";
import { seeded } from "../../../dev/lib/seeded.ts";
import { correctedShare } from "../../../src/lib/statistics/corrected-share.ts";

describe("a share that a judge counted, corrected", () => {
  it("is Rogan and Gladen's, with the interval of Lang and Reiczigel", () => {
    const sides = { negatives: { n: 200, count: 140 }, positives: { n: 200, count: 180 } };
    const share = correctedShare({ n: 1000, count: 400 }, sides);
    expect(share?.value).toBeCloseTo(0.1667, 4);
    expect(share?.low).toBeCloseTo(0.0564, 4);
    expect(share?.high).toBeCloseTo(0.2627, 4);
  });

  it("is not known from a judge that tells no more than a coin, nor with one side empty", () => {
    const coin = { negatives: { n: 50, count: 25 }, positives: { n: 50, count: 25 } };
    expect(correctedShare({ n: 100, count: 50 }, coin)).toBeNull();
    expect(correctedShare({ n: 100, count: 50 }, { ...coin, negatives: { n: 0, count: 0 } })).toBeNull();
    expect(correctedShare({ n: 0, count: 0 }, coin)).toBeNull();
  });

  it("stays between 0 and 1", () => {
    const sides = { negatives: { n: 30, count: 20 }, positives: { n: 30, count: 29 } };
    expect(correctedShare({ n: 100, count: 99 }, sides)).toMatchObject({ value: 1, high: 1 });
    expect(correctedShare({ n: 100, count: 5 }, sides)).toMatchObject({ value: 0, low: 0 });
  });

  it.each([
    [0.8, 0.7, 0.95, 30],
    [0.8, 0.7, 0.95, 150],
    [0.6, 0.6, 0.9, 60],
    [0.9, 0.8, 0.97, 150],
  ])("has an interval that covers %d, the judge right in %d and %d, %i cases labelled", (truth, q0, q1, rated) => {
    const chance = seeded(rated + truth * 100);
    const runs = 1500;
    let [shown, missed] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const counts = { all: 0, negatives: { n: 0, count: 0 }, positives: { n: 0, count: 0 } };
      for (let i = 0; i < 400; i++) {
        const isPositive = chance() < truth;
        const isRight = chance() < (isPositive ? q1 : q0);
        if (isPositive === isRight) counts.all++;
        if (i >= rated) continue;
        const side = isPositive ? counts.positives : counts.negatives;
        side.n++;
        if (isRight) side.count++;
      }
      if (Math.min(counts.negatives.n, counts.positives.n) < 5) continue;
      const share = correctedShare({ n: 400, count: counts.all }, counts);
      if (share === null) continue;
      shown++;
      if (truth < share.low || truth > share.high) missed++;
    }
    expect(shown).toBeGreaterThan(runs / 2);
    expect(missed / shown).toBeLessThan(0.06);
  });
});
