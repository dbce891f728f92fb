import type { Estimate } from "../lib/statistics/estimates.ts";
import { shareEstimate } from "../lib/statistics/estimates.ts";
import { rateEstimate } from "../lib/statistics/rates.ts";
import { dayOf, WEEK, weekOf } from "../lib/time.ts";

/** As far back as is looked: half a year. */
export const MOST_WEEKS = 26;

/** What is shown unless asked for otherwise: a quarter. */
const DEFAULT_WEEKS = 13;

/** Some whole weeks, the last of which is not over. */
export interface Window {
  /** The Monday of the first, in milliseconds. */
  since: number;
  weeks: number;
}

/**
 * The weeks from the one that a time lies in until now.
 * @param since null: a quarter
 * @returns null where that is in the future, or longer ago than `MOST_WEEKS`
 */
export function windowOf(since: number | null, now: number): Window | null {
  const thisWeek = weekOf(now);
  const first = since === null ? thisWeek - (DEFAULT_WEEKS - 1) * WEEK : weekOf(since);
  const weeks = (thisWeek - first) / WEEK + 1;
  return weeks >= 1 && weeks <= MOST_WEEKS ? { since: first, weeks } : null;
}

/** A stretch of time within one week. */
export interface Span {
  /** Weeks since the first. */
  week: number;
  from: number;
  to: number;
  /** Prompts were counted in it. */
  counted: boolean;
}

/**
 * The weeks as spans; one in which the counting of prompts began is cut in two there, because what failed before then has
 * no prompts beside it.
 * @param countedFrom null: no prompt was ever counted
 */
export function spansOf({ since, weeks }: Window, countedFrom: number | null): Span[] {
  return Array.from({ length: weeks }, (_, week) => ({ week, from: since + week * WEEK })).flatMap(({ week, from }) => {
    const to = from + WEEK;
    if (countedFrom === null || countedFrom >= to) return [{ week, from, to, counted: false }];
    if (countedFrom <= from) return [{ week, from, to, counted: true }];
    return [
      { week, from, to: countedFrom, counted: false },
      { week, from: countedFrom, to, counted: true },
    ];
  });
}

/** What was counted in one week. */
export interface WeekCounts {
  failures: number;
  /** Of these, those that occurred while prompts were counted. */
  besidePrompts: number;
  prompts: number;
  outcomes: { reported: number; failed: number };
  recurrences: number;
  withoutLesson: number;
}

export const NOTHING_COUNTED: WeekCounts = {
  ...{ failures: 0, besidePrompts: 0, prompts: 0, recurrences: 0, withoutLesson: 0 },
  outcomes: { reported: 0, failed: 0 },
};

/** What is known of all the weeks. */
export interface Known {
  now: number;
  countedFrom: number | null;
  /** Outcomes that did not fail are reported too: without them all would seem to fail. */
  successesReported: boolean;
  /** How long until nine of ten failures are recorded, in milliseconds; null: not known. */
  lateness: number | null;
  /** See `rateEstimate`. */
  dispersion: number;
}

const PER_PROMPTS = 1_000;

/** A week as it is shown: where something was not counted, its numbers are null. */
export function describeWeek(from: number, counts: WeekCounts, known: Known) {
  const { failures, besidePrompts, prompts, outcomes, recurrences, withoutLesson } = counts;
  const { countedFrom } = known;
  const end = from + WEEK;
  const isCounted = prompts > 0;
  const rate = isCounted ? rateEstimate(besidePrompts, prompts, known.dispersion) : null;
  const changed =
    known.successesReported && outcomes.reported > 0
      ? shareEstimate({ n: outcomes.reported, count: outcomes.failed })
      : null;
  return {
    week: dayOf(from),
    over: end <= known.now,
    settled: end + (known.lateness ?? 0) <= known.now,
    failures,
    prompts: isCounted ? prompts : null,
    prompts_from: isCounted && countedFrom !== null && countedFrom > from ? dayOf(countedFrom) : null,
    failures_per_1000_prompts: scaled(rate, PER_PROMPTS),
    outcomes: outcomes.reported,
    changed_share: scaled(changed, 1),
    recurrences,
    recurrences_without_lesson: withoutLesson,
  };
}

function scaled(estimate: Estimate | null, by: number) {
  return estimate && { value: estimate.value * by, low: estimate.low * by, high: estimate.high * by };
}
