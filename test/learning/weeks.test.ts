import { describe, expect, it } from "vitest";
import { bunchingOf, latenessOf } from "../../src/learning/sample.ts";
import { describeWeek, NOTHING_COUNTED, spansOf, windowOf } from "../../src/learning/weeks.ts";
import { DAY, HOUR, WEEK, weekOf } from "../../src/lib/time.ts";

const at = (time: string) => Date.parse(time);
const MONDAY = at("2026-11-16T00:00:00Z");

describe("a week", () => {
  it("begins on Monday at midnight UTC, also before 1970 and in leap years", () => {
    expect(weekOf(at("2026-11-22T23:59:59.999Z"))).toBe(MONDAY);
    expect(weekOf(MONDAY)).toBe(MONDAY);
    expect(weekOf(MONDAY - 1)).toBe(MONDAY - WEEK);
    expect(weekOf(at("2024-02-29T12:00:00Z"))).toBe(at("2024-02-26T00:00:00Z"));
    expect(weekOf(at("1970-01-01T00:00:00Z"))).toBe(at("1969-12-29T00:00:00Z"));
    expect(weekOf(at("1969-12-28T00:00:00Z"))).toBe(at("1969-12-22T00:00:00Z"));
  });

  it("is the first of at most 26, and none that is to come", () => {
    const now = MONDAY + 3 * DAY;
    expect(windowOf(null, now)).toEqual({ since: MONDAY - 12 * WEEK, weeks: 13 });
    expect(windowOf(now, now)).toEqual({ since: MONDAY, weeks: 1 });
    expect(windowOf(MONDAY - 25 * WEEK, now)).toEqual({ since: MONDAY - 25 * WEEK, weeks: 26 });
    expect(windowOf(MONDAY - 25 * WEEK - 1, now)).toBeNull();
    expect(windowOf(MONDAY + WEEK, now)).toBeNull();
  });

  it("is cut in two where counting began, so that no failure stands beside prompts that nobody counted", () => {
    const window = { since: MONDAY, weeks: 2 };
    expect(spansOf(window, null).map(({ counted }) => counted)).toEqual([false, false]);
    expect(spansOf(window, MONDAY + 9 * DAY)).toEqual([
      { week: 0, from: MONDAY, to: MONDAY + WEEK, counted: false },
      { week: 1, from: MONDAY + WEEK, to: MONDAY + 9 * DAY, counted: false },
      { week: 1, from: MONDAY + 9 * DAY, to: MONDAY + 2 * WEEK, counted: true },
    ]);
    expect(spansOf(window, MONDAY).map(({ counted }) => counted)).toEqual([true, true]);
  });
});

describe("what is said of a week", () => {
  const known = { now: MONDAY + 10 * WEEK, countedFrom: MONDAY, successesReported: true, lateness: 0, dispersion: 1 };
  const counts = {
    ...NOTHING_COUNTED,
    ...{ failures: 9, besidePrompts: 9, prompts: 300, outcomes: { reported: 40, failed: 4 } },
  };

  it("is not known where no prompt was counted or nothing was reported, instead of 0", () => {
    expect(describeWeek(MONDAY, { ...NOTHING_COUNTED, failures: 9 }, known)).toMatchObject({
      ...{ failures: 9, prompts: null, failures_per_1000_prompts: null, changed_share: null },
    });
    expect(describeWeek(MONDAY, counts, known)).toMatchObject({
      ...{ prompts: 300, failures_per_1000_prompts: { value: 30 }, changed_share: { value: 0.1 } },
    });
  });

  it("takes failures alone for no share: where no success is reported, all would seem to fail", () => {
    const failedOnly = { ...counts, outcomes: { reported: 4, failed: 4 } };
    const told = describeWeek(MONDAY, failedOnly, { ...known, successesReported: false });
    expect(told).toMatchObject({ outcomes: 4, changed_share: null });
  });

  it("holds only what failed since counting began against the prompts, and says from when on", () => {
    const late = { ...counts, besidePrompts: 3 };
    expect(describeWeek(MONDAY, late, { ...known, countedFrom: MONDAY + 3 * DAY })).toMatchObject({
      ...{ failures: 9, prompts_from: "2026-11-19", failures_per_1000_prompts: { value: 10 } },
    });
  });

  it("is not settled before failures that come late have come", () => {
    const told = (now: number) => describeWeek(MONDAY, counts, { ...known, now, lateness: 5 * DAY });
    expect(told(MONDAY + 6 * DAY)).toMatchObject({ over: false, settled: false });
    expect(told(MONDAY + WEEK + 4 * DAY)).toMatchObject({ over: true, settled: false });
    expect(told(MONDAY + WEEK + 5 * DAY)).toMatchObject({ over: true, settled: true });
  });
});

describe("how late failures come", () => {
  const failure = (late: number, importId: string | null = null) => ({
    ...{ occurredAt: MONDAY, createdAt: MONDAY + late, customerKey: String(late), importId },
  });

  it("is not told by a year's import, nor by a few", () => {
    const singly = Array.from({ length: 20 }, (_, i) => failure(i * HOUR));
    expect(latenessOf([...singly, failure(300 * DAY, "import"), failure(300 * DAY, "import")])).toBe(17 * HOUR);
    expect(latenessOf(singly.slice(1))).toBeNull();
  });

  it("counts one customer's failures of a week as one bunch, and of two weeks as two", () => {
    const of = (customerKey: string, occurredAt: number) => ({
      ...{ customerKey, occurredAt, createdAt: occurredAt, importId: null },
    });
    expect(bunchingOf([of("a", MONDAY), of("a", MONDAY + DAY), of("b", MONDAY)])).toBeCloseTo(5 / 3);
    expect(bunchingOf([of("a", MONDAY), of("a", MONDAY + WEEK)])).toBe(1);
  });
});
