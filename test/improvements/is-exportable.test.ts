import { describe, expect, it } from "vitest";
import { type ExportCandidate, notExportable } from "../../src/improvements/is-exportable.ts";
import { doubtOf, lowerBound } from "../../src/improvements/store-improvement.ts";
import { ONE_SAMPLE_SPREAD } from "../../src/judge/gain.ts";

const RULE = { minGain: 5, minRating: 60, requireReview: false };
const GOOD: ExportCandidate = {
  scoreGainEstimate: 30,
  newRating: 80,
  pairwise: "won",
  guardFindings: [],
  reviewStatus: "unreviewed",
  edited: false,
};
const refused = [{ guard: "copying", severity: "refuse", detail: "" } as const];

describe("what may be trained on", () => {
  it.each<[string | null, Partial<ExportCandidate>, Partial<typeof RULE>]>([
    [null, {}, {}],
    [null, { pairwise: "tie" }, {}],
    [null, { pairwise: "unknown" }, {}],
    [null, { guardFindings: [{ ...refused[0], severity: "warn" }] } as Partial<ExportCandidate>, {}],
    [null, { scoreGainEstimate: 5, newRating: 60 }, {}],
    ["rejected", { reviewStatus: "rejected", scoreGainEstimate: null }, {}],
    ["unscored", { scoreGainEstimate: null }, {}],
    ["unscored", { scoreGainEstimate: null, edited: true, reviewStatus: "approved" }, {}],
    ["guards_refused", { guardFindings: [...refused] }, {}],
    ["not_approved", {}, { requireReview: true }],
    [null, { reviewStatus: "approved" }, { requireReview: true }],
    ["gain_too_small", { scoreGainEstimate: 4 }, {}],
    ["gain_too_small", { scoreGainEstimate: 4, reviewStatus: "approved" }, {}],
    ["rating_too_low", { newRating: 59 }, {}],
    ["pairwise_lost", { pairwise: "lost" }, {}],
    [null, { pairwise: "lost", scoreGainEstimate: -9, newRating: 10, edited: true, reviewStatus: "approved" }, {}],
  ])("%s: %j %j", (reason, given, rule) => {
    expect(notExportable({ ...GOOD, ...given }, { ...RULE, ...rule })).toBe(reason);
  });
});

describe("the order", () => {
  it("takes luck off a gain, and lets no lucky samples outrank a measured spread", () => {
    expect(lowerBound({ scoreGainEstimate: 30, gainSpread: 14 })).toBe(16);
    expect(lowerBound({ scoreGainEstimate: 30, gainSpread: null })).toBe(30 - ONE_SAMPLE_SPREAD);
    expect(lowerBound({ scoreGainEstimate: null, gainSpread: null })).toBeNull();
  });

  it("takes samples that agree for luck: their bound is no higher than that of one", () => {
    for (const gainSpread of [0, 0.5, 4])
      expect(lowerBound({ scoreGainEstimate: 30, gainSpread })).toBe(30 - ONE_SAMPLE_SPREAD);
  });

  it("puts the most doubtful first in the queue", () => {
    const sure = { ...GOOD, scoreGainEstimate: 60, gainSpread: 1 };
    const queue = [
      { ...sure, scoreGainEstimate: null },
      { ...sure, pairwise: "lost" as const },
      { ...sure, guardFindings: [...refused] },
      { ...sure, pairwise: "tie" as const },
      { ...sure, scoreGainEstimate: 5 },
      sure,
    ].map(doubtOf);
    expect(queue).toEqual(queue.toSorted((a, b) => b - a));
    expect(new Set(queue).size).toBe(queue.length);
  });
});
