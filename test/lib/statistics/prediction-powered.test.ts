import { describe, expect, it } from "vitest";
import { seeded } from "../../../dev/lib/seeded.ts";
import { variance } from "../../../src/lib/statistics/estimates.ts";
import { sequenceReach } from "../../../src/lib/statistics/mean-sequence.ts";
import {
  type Labelled,
  momentsOf,
  predictionPowered,
  sampleMean,
  together,
} from "../../../src/lib/statistics/prediction-powered.ts";

const labelled = (pairs: [number, number][], weight = 1): Labelled[] =>
  pairs.map(([label, prediction]) => ({ label, prediction, weight }));

describe("a prediction-powered mean", () => {
  it("is 0 where predictions are all 2 too high and say 2 of all others", () => {
    const items = labelled([1, 2, 3, 4, 5].map((y) => [y, y + 2]));
    expect(predictionPowered(items, { n: 10, mean: 2, variance: 0 }, { lambda: 1 })?.value).toBeCloseTo(0, 12);
  });

  it("is the people's mean, with its standard error, where the model is not followed", () => {
    const items = labelled([
      [10, 90],
      [20, -50],
      [60, 0],
    ]);
    const plain = predictionPowered(items, { n: 100, mean: 70, variance: 400 }, { lambda: 0 });
    expect(plain?.value).toBeCloseTo(30, 12);
    expect(plain?.standardError).toBeCloseTo(Math.sqrt(variance([10, 20, 60]) / 3), 12);
  });

  it("has the λ, value and standard error of the published formula", () => {
    const items = labelled([
      [0, 10],
      [50, 40],
      [25, 45],
      [75, 60],
    ]);
    const others = momentsOf([0, 20, 40, 60, 80, 100, 30, 50]);
    const [y, f] = [items.map(({ label }) => label), items.map(({ prediction }) => prediction)];
    const all = momentsOf([...f, 0, 20, 40, 60, 80, 100, 30, 50]);
    const covariance = y.reduce((sum, one, i) => sum + (one - 37.5) * ((f[i] ?? 0) - 38.75), 0) / 3;
    const lambda = covariance / ((1 + 4 / 8) * all.variance);
    const rest = y.map((one, i) => one - lambda * (f[i] ?? 0));
    const powered = predictionPowered(items, others);
    expect(powered?.lambda).toBeCloseTo(lambda, 12);
    expect(powered?.value).toBeCloseTo(lambda * others.mean + momentsOf(rest).mean, 12);
    expect(powered?.standardError).toBeCloseTo(Math.sqrt((lambda ** 2 * others.variance) / 8 + variance(rest) / 4), 12);
  });

  it("follows no model that says the opposite, or always the same", () => {
    const against = labelled([0, 25, 50].map((y) => [y, -y]));
    expect(predictionPowered(against, { n: 50, mean: 0, variance: 900 })?.lambda).toBe(0);
    const same = labelled([0, 25, 50].map((y) => [y, 7]));
    expect(predictionPowered(same, { n: 50, mean: 7, variance: 0 })?.lambda).toBe(0);
  });

  it("is not known from one item, and needs no others", () => {
    expect(predictionPowered(labelled([[1, 1]]), { n: 9, mean: 0, variance: 1 })).toBeNull();
    const whole = predictionPowered(labelled([0, 50].map((y) => [y, y])), { n: 0, mean: 0, variance: 0 });
    expect(whole).toMatchObject({ value: 25, lambda: 0 });
  });

  it("claims no certainty where labels agree by luck", () => {
    const items = labelled([50, 50, 50].map((y) => [y, 40]));
    expect(predictionPowered(items, { n: 50, mean: 40, variance: 100 }, { leastVariance: 90 })?.standardError).toBe(
      Math.sqrt(30),
    );
  });

  it("gives each item the weight of those it stands for", () => {
    const mean = sampleMean([0, 100], [3, 1]);
    expect(mean?.value).toBe(25);
    expect(mean?.effective).toBeCloseTo(1.6, 12);
  });

  it("puts the moments of two sets together", () => {
    const [one, other] = [
      [1, 5, 9],
      [2, 2, 8, 30],
    ];
    const both = together(momentsOf(one ?? []), momentsOf(other ?? []));
    expect(both.variance).toBeCloseTo(momentsOf([...(one ?? []), ...(other ?? [])]).variance, 9);
    expect(together(momentsOf([]), momentsOf([4]))).toMatchObject({ n: 1, mean: 4 });
  });
});

describe("a confidence sequence of a mean", () => {
  it.each([
    [0.33341, 6461, 1000, 1.0618],
    [0.03386, 6461, 5000, 0.1029],
  ])("of standard error %d after %i values has its published width", (error, n, tightest, published) => {
    expect(sequenceReach(error, n, tightest)).toBeCloseTo(published, 4);
  });
});

describe("the interval of the corrected gain", () => {
  /** Gains where one in ten is bad, in a person's steps of 25; the judge rates 10 too high, and wobbles. */
  function population(chance: () => number, size: number) {
    const wobble = () => (chance() + chance() + chance() - 1.5) * 30;
    return Array.from({ length: size }, () => {
      const gain = (chance() < 0.1 ? -60 : 45) + wobble();
      const held = (points: number) => Math.min(100, Math.max(-100, points));
      return {
        label: held(Math.round((gain + wobble()) / 25) * 25),
        prediction: held(gain + 10 + wobble()),
        weight: 1,
      };
    });
  }

  it("covers the true gain at any one look, and at all looks from thirty ratings on", () => {
    const chance = seeded(14);
    const all = population(chance, 4000);
    const truth = momentsOf(all.map(({ label }) => label)).mean;
    const judge = momentsOf(all.map(({ prediction }) => prediction));
    const runs = 600;
    const missed = { at10: 0, at30: 0, ever: 0, judge: 0 };
    for (let run = 0; run < runs; run++) {
      const sample: Labelled[] = [];
      let ever = false;
      for (let n = 1; n <= 150; n++) {
        const drawn = all[Math.floor(chance() * all.length)];
        if (drawn !== undefined) sample.push(drawn);
        if (n !== 10 && (n < 30 || n % 3 !== 0)) continue;
        const found = predictionPowered(sample, { ...judge, n: 4000 - n }, { leastVariance: 104 });
        const misses =
          found === null || Math.abs(found.value - truth) > sequenceReach(found.standardError, found.effective, 100);
        if (n === 10 && misses) missed.at10++;
        if (n === 30 && misses) missed.at30++;
        if (n >= 30) ever ||= misses;
      }
      if (ever) missed.ever++;
      const judged = sampleMean(
        sample.map(({ prediction }) => prediction),
        sample.map(() => 1),
      );
      if (judged === null || Math.abs(judged.value - truth) > 1.96 * judged.standardError) missed.judge++;
    }
    expect(missed.at10 / runs).toBeLessThan(0.06);
    expect(missed.at30 / runs).toBeLessThan(0.06);
    // Nominal less a point, and what 600 runs vary by.
    expect(missed.ever / runs).toBeLessThan(0.06 + 2 * Math.sqrt((0.06 * 0.94) / runs));
    // The judge's own interval is about something else: this test would see an interval that does not cover.
    expect(missed.judge / runs).toBeGreaterThan(0.5);
  });
});
