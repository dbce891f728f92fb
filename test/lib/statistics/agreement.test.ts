import { describe, expect, it } from "vitest";
import { seeded } from "../../../dev/lib/seeded.ts";
import { agreementEstimate, krippendorffAlpha } from "../../../src/lib/statistics/agreement.ts";

/** A line a person, a column an item; a dot where the person did not rate it. */
const itemsOf = (...people: string[]) =>
  [...(people[0] ?? "")].map((_, i) => people.map((person) => person[i] ?? ".").filter((verdict) => verdict !== "."));

describe("Krippendorff's alpha", () => {
  // Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", examples A, B and C, nominal.
  it.each([
    ["two people, two values", 0.095, ["0100000010", "1110010000"]],
    ["two people, five values", 0.692, ["aabbdcccedda", "babbbccceddd"]],
    ["four people with gaps", 0.743, ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]],
  ])("of %s is %d as published", (_, published, people) => {
    expect(krippendorffAlpha(itemsOf(...people))).toBeCloseTo(published, 3);
  });

  it("is not known where nobody was asked twice, or all say the same of everything", () => {
    expect(krippendorffAlpha([["a"], ["b"]])).toBeNull();
    expect(krippendorffAlpha([])).toBeNull();
    expect(krippendorffAlpha(itemsOf("aaaa", "aaaa"))).toBeNull();
    expect(agreementEstimate(itemsOf("aaaaaaaaaaaa", "aaaaaaaaaaaa"))).toBeNull();
  });

  it("claims no certainty where a few items agree in full", () => {
    const full = agreementEstimate(itemsOf("abcabcabcabc", "abcabcabcabc"));
    expect(full).toMatchObject({ value: 1, high: 1, n: 12 });
    expect(full?.low).toBeLessThan(0.75);
    expect(agreementEstimate(itemsOf("abcabcabc", "abcabcabc"))).toBeNull();
  });

  it.each([
    [[0.6, 0.2, 0.2], 0.3, 10],
    [[0.6, 0.2, 0.2], 0.85, 30],
    [[0.85, 0.1, 0.05], 0.95, 15],
    [[0.4, 0.3, 0.3], 0.6, 40],
  ])("has an interval that covers it: shares %j, %d certain, %i items", (shares, certain, n) => {
    const chance = seeded(n);
    const pick = () => {
      const at = chance();
      let upTo = 0;
      for (const [verdict, share] of shares.entries()) {
        upTo += share;
        if (at < upTo) return String(verdict);
      }
      return "last";
    };
    const item = () => {
      const truth = pick();
      return [0, 1].map(() => (chance() < certain ? truth : pick()));
    };
    // Each is right with this chance, and guesses by the shares otherwise: so alpha is its square.
    const truth = certain ** 2;
    const runs = 1500;
    let [shown, missed] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const estimate = agreementEstimate(Array.from({ length: n }, item));
      if (estimate === null) continue;
      shown++;
      if (truth < estimate.low || truth > estimate.high) missed++;
    }
    expect(missed / shown).toBeLessThan(0.06);
  });
});
