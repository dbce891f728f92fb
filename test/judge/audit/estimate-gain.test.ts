import { describe, expect, it } from "vitest";
import { seeded, shuffled } from "../../../dev/lib/seeded.ts";
import {
  type Draw,
  type DrawnItem,
  estimateAudit,
  type Gains,
  probabilities,
} from "../../../src/judge/audit/estimate-gain.ts";

const NOTHING: Gains = { n: 0, sum: 0, squares: 0, better: 0 };

const gainsOf = (gains: number[]): Gains => ({
  n: gains.length,
  sum: gains.reduce((sum, gain) => sum + gain, 0),
  squares: gains.reduce((sum, gain) => sum + gain ** 2, 0),
  better: gains.filter((gain) => gain > 0).length,
});

/** Items that one person rated: `oldRating` 3, and this gain in steps of 25. */
const rated = (seq: number, drawId: string, gain: number, steps: number): DrawnItem => ({
  ...{ seq, drawId, gain, unsure: 0 },
  labels: [
    { person: "kim", oldRating: 3, newRating: 3 + steps, better: steps > 0 ? "new" : steps < 0 ? "old" : "equal" },
  ],
});

describe("the probability of an improvement to be rated", () => {
  it("adds up over the draws that could take it, and counts those who are not rated yet out", () => {
    const draws: Draw[] = [
      { id: "one", probability: 0.2, boundary: 100 },
      { id: "two", probability: 0.5, boundary: 300 },
    ];
    const open = { ...rated(2, "two", 0, 0), labels: [] };
    const probability = probabilities(draws, [rated(1, "one", 0, 0), rated(5, "two", 0, 0), open]);
    expect(probability(50)).toBeCloseTo(1 - 0.8 * 0.75, 12);
    expect(probability(200)).toBeCloseTo(0.25, 12);
  });

  it("is no higher for one that an earlier draw took: what was drawn and not told of is drawn no more", () => {
    const draws: Draw[] = [
      { id: "one", probability: 0.5, boundary: 100 },
      { id: "two", probability: 1, boundary: 300 },
    ];
    const unsure = (seq: number, drawId: string) => ({ ...rated(seq, drawId, 0, 0), labels: [], unsure: 1 });
    const items = [rated(1, "one", 0, 0), unsure(2, "one"), rated(3, "two", 0, 0), unsure(4, "two")];
    const probability = probabilities(draws, items);
    expect(probability(200)).toBeCloseTo(0.5, 12);
    // Half of them were drawn first and half of the rest after; of either, half are rated.
    expect(probability(50)).toBeCloseTo(0.5 * 0.5 + 0.5 * 1 * 0.5, 12);
  });
});

describe("the audit's estimates", () => {
  it("say nothing without a population, and the judge's word alone without ratings", () => {
    const none = estimateAudit({ draws: [], items: [], all: NOTHING, covered: NOTHING });
    expect(none).toMatchObject({ concludes: false, gain: { judge: null, people: null, prediction_powered: null } });
    const judged = estimateAudit({ draws: [], items: [], all: gainsOf([10, 30]), covered: NOTHING });
    expect(judged).toMatchObject({ gain: { judge: { value: 20, n: 2 } }, share_better: { judge: 1 } });
    expect(judged.conclusion).toContain("judge's word alone");
  });

  it("refuse where people could not tell of many", () => {
    const draws: Draw[] = [{ id: "one", probability: 0.5, boundary: 200 }];
    const items = Array.from({ length: 40 }, (_, i) => rated(i, "one", 30 + i, 1));
    const unsure = Array.from({ length: 11 }, (_, i) => ({ ...rated(50 + i, "one", 0, 0), labels: [], unsure: 1 }));
    const all = gainsOf([...items, ...unsure, ...items].map(({ gain }) => gain));
    expect(estimateAudit({ draws, items, all, covered: all }).concludes).toBe(true);
    const refused = estimateAudit({ draws, items: [...items, ...unsure], all, covered: all });
    expect(refused).toMatchObject({ concludes: false, unsure: 11 });
    expect(refused.conclusion).toContain("could not tell");
  });

  it("count ratings by their weight before they conclude", () => {
    const draws: Draw[] = [
      { id: "one", probability: 0.5, boundary: 100 },
      { id: "two", probability: 0.001, boundary: 1000 },
    ];
    const items = [
      ...Array.from({ length: 40 }, (_, i) => rated(i, "one", 50, 1)),
      rated(500, "two", 50, -2),
      rated(501, "two", 50, 0),
    ];
    const all = gainsOf(Array.from({ length: 900 }, () => 50));
    const { concludes, conclusion } = estimateAudit({ draws, items, all, covered: all });
    expect(concludes).toBe(false);
    expect(conclusion).toMatch(/42 items are rated, which tell as much as \d+ of equal weight: too few/);
  });

  it("are right on average, and covered, where newer improvements were drawn less often and are worse", () => {
    const chance = seeded(4);
    const wobble = () => (chance() + chance() + chance() - 1.5) * 30;
    const old = Array.from({ length: 300 }, (_, seq) => ({ seq, steps: chance() < 0.8 ? 2 : 0 }));
    const fresh = Array.from({ length: 300 }, (_, i) => ({ seq: 300 + i, steps: chance() < 0.5 ? 0 : -1 }));
    const all = [...old, ...fresh].map((one) => ({ ...one, gain: one.steps * 25 + 15 + wobble() }));
    const truth = (25 * all.reduce((sum, { steps }) => sum + steps, 0)) / all.length;
    const gains = gainsOf(all.map(({ gain }) => gain));
    const draws: Draw[] = [
      { id: "one", probability: 60 / 300, boundary: 299 },
      { id: "two", probability: 60 / 540, boundary: 599 },
    ];
    const runs = 800;
    let missed = 0;
    const means = { weighted: 0, plain: 0 };
    for (let run = 0; run < runs; run++) {
      const first = shuffled(all.slice(0, 300), chance).slice(0, 60);
      const second = shuffled(
        all.filter((one) => !first.includes(one)),
        chance,
      ).slice(0, 60);
      const items = [
        ...first.map(({ seq, gain, steps }) => rated(seq, "one", gain, steps)),
        ...second.map(({ seq, gain, steps }) => rated(seq, "two", gain, steps)),
      ];
      const { gain } = estimateAudit({ draws, items, all: gains, covered: gains });
      const { value = 0, low, high } = gain.prediction_powered ?? {};
      means.weighted += value / runs;
      means.plain += (25 * [...first, ...second].reduce((sum, { steps }) => sum + steps, 0)) / 120 / runs;
      if (low == null || high == null || truth < low || truth > high) missed++;
    }
    expect(Math.abs(means.weighted - truth)).toBeLessThan(0.5);
    // Without weights it would be off by points: the test sees what they are for.
    expect(Math.abs(means.plain - truth)).toBeGreaterThan(4);
    expect(missed / runs).toBeLessThan(0.06);
  });
});
