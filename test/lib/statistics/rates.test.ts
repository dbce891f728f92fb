import { describe, expect, it } from "vitest";
import { seeded } from "../../../dev/lib/seeded.ts";
import { dispersionOf, rateEstimate } from "../../../src/lib/statistics/rates.ts";

/** Garwood's exact limits for a count, as tabulated (Breslow and Day 1987, table 2.11). */
const EXACT = [
  [1, 0.0253, 5.57],
  [5, 1.62, 11.7],
  [10, 4.8, 18.4],
  [100, 81.4, 121.6],
] as const;

describe("a rate", () => {
  it.each(EXACT)("of %i has the exact limits, as far as Byar's approximation goes", (count, low, high) => {
    const found = rateEstimate(count, 1);
    expect(Math.abs((found?.low ?? 0) - low)).toBeLessThan(0.05);
    expect(Math.abs((found?.high ?? 0) - high)).toBeLessThan(0.05);
  });

  it("is not known where nothing could have happened, and has an upper limit where nothing did", () => {
    expect(rateEstimate(3, 0)).toBeNull();
    const none = rateEstimate(0, 1_000);
    expect(none).toMatchObject({ value: 0, low: 0 });
    expect(none?.high).toBeCloseTo(0.003668, 5);
  });

  it("may be more than one for each time, and stays in its interval", () => {
    const found = rateEstimate(30, 10);
    expect(found?.value).toBe(3);
    expect(found?.low).toBeGreaterThan(1.9);
    expect(found?.high).toBeLessThan(4.4);
  });

  it("lies in its interval 95 times of 100, whatever it is", () => {
    for (let mean = 0.05; mean < 300; mean *= 1.05) {
      let probability = Math.exp(-mean);
      let covered = 0;
      for (let count = 0; count < mean + 12 * Math.sqrt(mean) + 30; count++) {
        if (count > 0) probability *= mean / count;
        const { low, high } = rateEstimate(count, 1) ?? { low: 1, high: 0 };
        if (low <= mean && mean <= high) covered += probability;
      }
      expect(covered, `mean ${mean}`).toBeGreaterThan(0.95);
    }
  });
});

describe("a rate of failures that come in bunches", () => {
  /** How often the interval holds the true rate, with bunches of the given sizes and their spread taken from the data. */
  function coverage(sizeOf: (chance: number) => number, allowFor: boolean): number {
    const chance = seeded(7);
    const TRIALS = 3_000;
    const bunchesExpected = 20;
    let mean = 0;
    for (let i = 0; i < 1_000; i++) mean += (sizeOf((i + 0.5) / 1_000) / 1_000) * bunchesExpected;
    const newest = Array.from({ length: 400 }, () => sizeOf(chance()));
    const dispersion = allowFor ? dispersionOf(newest) : 1;
    let held = 0;
    for (let trial = 0; trial < TRIALS; trial++) {
      let count = 0;
      // Bunches that are independent come after waits that are.
      const wait = () => -Math.log(1 - chance());
      for (let at = wait(); at < bunchesExpected; at += wait()) count += sizeOf(chance());
      const { low, high } = rateEstimate(count, 1, dispersion) ?? { low: 1, high: 0 };
      if (low <= mean && mean <= high) held++;
    }
    return held / TRIALS;
  }

  it.each([
    ["of one to six", (u: number) => 1 + Math.floor(u * 6)],
    ["mostly single, now and then five", (u: number) => (u < 0.85 ? 1 : 5)],
    ["single", () => 1],
  ])("%s holds its 95%% within a point", (_, sizeOf) => {
    expect(coverage(sizeOf, true)).toBeGreaterThan(0.94);
  });

  it("would be far too sure of itself, if they counted as single ones", () => {
    expect(coverage((u) => 1 + Math.floor(u * 6), false)).toBeLessThan(0.85);
  });

  it("is that of single ones where each customer has one", () => {
    expect(dispersionOf([])).toBe(1);
    expect(dispersionOf([1, 1, 1])).toBe(1);
    expect(dispersionOf([3, 1])).toBe(2.5);
  });
});
