import { countRecurrences, type Recurrences } from "../clusters/recurrences.ts";
import { listReopened } from "../clusters/reopened.ts";
import { clusterOfTopic } from "../clusters/topics/topics.ts";
import { RedraftError } from "../lib/errors.ts";
import { DAY, toRfc3339, WEEK } from "../lib/time.ts";
import type { Services } from "../services.ts";
import {
  clusterFamily,
  countErasedFailures,
  countFailures,
  countOutcomes,
  countPromptsAsked,
  firstCounted,
  newestFailures,
  topicsOf,
} from "./queries.ts";
import { listReleases } from "./releases.ts";
import { bunchingOf, latenessOf } from "./sample.ts";
import type { Learning, LearningQuery } from "./schemas.ts";
import { describeWeek, MOST_WEEKS, NOTHING_COUNTED, spansOf, type WeekCounts, type Window, windowOf } from "./weeks.ts";

type Learned = Pick<Services, "db" | "clock" | "config">;

/**
 * Whether Redraft learns, week by week: failures for the prompts asked, the share of replies that agents changed, and
 * failures that a lesson should have prevented; with what was released meanwhile.
 * @throws RedraftError `not_found` for an unknown topic; `invalid` for a time that is too long ago, or to come
 */
export async function getLearning(services: Learned, { topic, since }: LearningQuery): Promise<Learning> {
  const { db, clock, config } = services;
  const now = clock();
  const window = windowOf(since ?? null, now);
  if (window === null) {
    const detail = `must be in one of the last ${MOST_WEEKS} weeks`;
    throw new RedraftError("invalid", "The query parameters are not valid.", [{ pointer: "?since", detail }]);
  }
  const cluster = topic === undefined ? null : await clusterOfTopic(db, topic);
  const ids = cluster && (await clusterFamily(db, cluster.id));
  const needApproval = config.LESSONS_NEED_APPROVAL;
  const [weeks, recurrences, { releases, leftOff }, reopened, newest] = await Promise.all([
    countWeeks(services, ids, window),
    countRecurrences(db, ids, window, needApproval),
    listReleases(db, ids, window.since),
    listReopened(db, cluster && [cluster.id], now, needApproval),
    newestFailures(db, cluster?.id ?? null),
  ]);
  for (const { week, ...counted } of recurrences) addTo(weeks.counts[week], counted);
  const lateness = latenessOf(newest);
  const known = {
    ...{ now, lateness, countedFrom: weeks.countedFrom, dispersion: bunchingOf(newest) },
    successesReported: weeks.counts.some(({ outcomes }) => outcomes.failed < outcomes.reported),
  };
  return {
    topic: cluster?.topic ?? null,
    since: toRfc3339(window.since),
    weeks: weeks.counts.map((counts, n) => describeWeek(window.since + n * WEEK, counts, known)),
    releases,
    releases_left_off: leftOff,
    reopened,
    recurring: cluster === null ? await mostRecurring(services, recurrences) : [],
    late_days: lateness === null ? null : Math.round((lateness / DAY) * 10) / 10,
    bunching: Math.round(known.dispersion * 100) / 100,
  };
}

/** What was counted in each week, but for recurrences of failures that are still there. */
async function countWeeks({ db }: Learned, ids: string[] | null, window: Window) {
  const countedFrom = await firstCounted(db);
  const spans = spansOf(window, countedFrom);
  const [failures, outcomes, prompts, erased] = await Promise.all([
    countFailures(db, ids, spans),
    countOutcomes(db, ids, spans),
    countPromptsAsked(db, ids, window),
    countErasedFailures(db, ids, window),
  ]);
  const counts: WeekCounts[] = Array.from({ length: window.weeks }, () => ({ ...NOTHING_COUNTED }));
  const weekAt = (day: number) => counts[Math.floor((day - window.since) / WEEK)];
  for (const [n, { week, counted }] of spans.entries()) {
    const found = failures[n] ?? 0;
    addTo(counts[week], { failures: found, besidePrompts: counted ? found : 0, outcomes: outcomes[n] });
  }
  for (const { day, prompts: asked } of prompts) addTo(weekAt(day), { prompts: asked });
  for (const { day, ...gone } of erased) {
    const isCounted = countedFrom !== null && day >= countedFrom;
    addTo(weekAt(day), { ...gone, besidePrompts: isCounted ? gone.failures : 0 });
  }
  return { counts, countedFrom };
}

function addTo(week: WeekCounts | undefined, more: Partial<WeekCounts>): void {
  if (week === undefined) throw new Error("counted outside the weeks");
  week.failures += more.failures ?? 0;
  week.besidePrompts += more.besidePrompts ?? 0;
  week.prompts += more.prompts ?? 0;
  week.recurrences += more.recurrences ?? 0;
  week.withoutLesson += more.withoutLesson ?? 0;
  week.outcomes = {
    reported: week.outcomes.reported + (more.outcomes?.reported ?? 0),
    failed: week.outcomes.failed + (more.outcomes?.failed ?? 0),
  };
}

const MOST_RECURRING = 20;

async function mostRecurring({ db }: Learned, found: Recurrences[]): Promise<Learning["recurring"]> {
  const totals = [...Map.groupBy(found, ({ clusterId }) => clusterId)]
    .map(([id, weeks]) => ({
      id,
      recurrences: weeks.reduce((sum, { recurrences }) => sum + recurrences, 0),
      recurrences_without_lesson: weeks.reduce((sum, { withoutLesson }) => sum + withoutLesson, 0),
    }))
    .sort((a, b) => b.recurrences - a.recurrences)
    .slice(0, MOST_RECURRING);
  const topics = await topicsOf(
    db,
    totals.map(({ id }) => id),
  );
  return totals.map(({ id, ...counts }) => ({ topic: topics.get(id) ?? "", ...counts }));
}
