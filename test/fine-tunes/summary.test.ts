import { describe, expect, it } from "vitest";
import { spread } from "../../src/fine-tunes/comparison/queries.ts";
import { type CaseNumbers, meaningOf, summarise } from "../../src/fine-tunes/comparison/summary.ts";

const aCase = (base_rating: number | null, tuned_rating: number | null, pairwise: CaseNumbers["pairwise"] = "tie") => ({
  ...{ status: "scored" as const, base_rating, tuned_rating, pairwise },
});

describe("the summary of a comparison", () => {
  it("takes differences case by case, with Student's interval", () => {
    // By hand: standard error sqrt(130 / 6) = 4.655, t for 5 degrees 2.571, so 10 ± 11.97.
    const cases = [10, 20, 0, -5, 25, 10].map((difference) => aCase(50, 50 + difference));
    const { difference, base_rating, tuned_rating } = summarise(cases);
    expect(base_rating).toBe(50);
    expect(tuned_rating).toBe(60);
    expect(difference?.value).toBeCloseTo(10);
    expect(difference?.low).toBeCloseTo(-1.97, 1);
    expect(difference?.high).toBeCloseTo(21.97, 1);
    expect(meaningOf(summarise(cases))).toContain("no clear difference");
  });

  it("gives no interval for a few cases, however much they agree", () => {
    const few = summarise([aCase(40, 80, "won"), aCase(40, 80, "won"), aCase(40, 80, "won")]);
    expect(few).toMatchObject({ n: 3, difference: null, win_share: null, wins: 3 });
    expect(meaningOf(few)).toContain("too few");
  });

  it("leaves unscored and open cases out of everything", () => {
    const rest = [
      { ...aCase(90, null, "won"), status: "unscored" as const },
      { ...aCase(10, 90, "won"), status: "unscored" as const },
      { ...aCase(null, null), status: "open" as const },
    ];
    const own = Array.from({ length: 5 }, () => aCase(50, 30, "lost"));
    expect(summarise([...own, ...rest])).toEqual(summarise(own));
    expect(meaningOf(summarise(own))).toContain("worse");
    expect(summarise([])).toMatchObject({ n: 0, base_rating: null, tuned_rating: null, difference: null });
  });

  it("takes differences that all agree for luck, as far as one rating is", () => {
    // t for 4 degrees 2.776, and a spread of 10 points: 10 ± 12.4.
    const agreeing = summarise(Array.from({ length: 5 }, () => aCase(50, 60, "won")));
    expect(agreeing.difference?.low).toBeCloseTo(-2.4, 1);
    expect(meaningOf(agreeing)).toContain("no clear difference");
  });

  it("has an interval for wins that never claims certainty", () => {
    // Wilson, 10 of 10: 0.722 to 1.
    const { win_share } = summarise(Array.from({ length: 10 }, () => aCase(50, 70, "won")));
    expect(win_share?.low).toBeCloseTo(0.722, 3);
    expect(win_share?.high).toBeCloseTo(1);
  });

  it("shows examples from the whole range", () => {
    expect(spread(9, 3)).toEqual([0, 4, 8]);
    expect(spread(2, 5)).toEqual([0, 1]);
    expect(spread(1, 5)).toEqual([0]);
    expect(spread(0, 5)).toEqual([]);
  });
});
