import { judgedSince } from "../experiments/count-outcomes.ts";
import { readLift } from "../experiments/read-lift.ts";
import { toRfc3339 } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { readContext } from "./context/read-context.ts";
import { hasStanding, isDecided, isServed } from "./context/served-lessons.ts";
import { currentLessons } from "./lessons/change-lessons.ts";
import { effectsOf } from "./lessons/lesson-effects.ts";
import type { StoredLesson } from "./lessons/plan-changes.ts";
import { clusterHealth, clusterNumbers, listChanges, TREND_MS } from "./queries.ts";
import { listReopened } from "./reopened.ts";
import type { ClusterDetail } from "./schemas.ts";
import { clusterOfTopic } from "./topics/topics.ts";

/** One cluster: what its context says, its lessons with what they do, and its numbers. @throws RedraftError `not_found` */
export async function getCluster(
  services: Pick<Services, "db" | "clock" | "clusters" | "config">,
  topic: string,
): Promise<ClusterDetail> {
  const { db, clock, config } = services;
  const needApproval = config.LESSONS_NEED_APPROVAL;
  const cluster = await clusterOfTopic(db, topic);
  const now = clock();
  const [context, numbers, stored, effects, lift, health, changes, [reopened = null]] = await Promise.all([
    readContext(services, { cluster_id: cluster.id }),
    clusterNumbers(db, cluster.id, now - TREND_MS),
    currentLessons(db, cluster.id),
    effectsOf(db, cluster.id),
    readLift(db, { clusterId: cluster.id, since: judgedSince(cluster) }),
    clusterHealth(db, [cluster.id], now),
    listChanges(db, cluster.id),
    listReopened(db, [cluster.id], now, needApproval),
  ]);
  // Lessons come from D1, not from the cached context: their version must fit them, or an edit would go wrong.
  const served = stored.filter((lesson) => isServed(lesson, needApproval));
  const waiting = stored.filter((lesson) => !isServed(lesson, needApproval));
  const inForce = served
    .toSorted((a, b) => Number(b.pinned) - Number(a.pinned) || a.slot - b.slot)
    .map(({ id, failureCategory, text, pinned, source, evidence }) => ({
      ...{ id, failure_category: failureCategory, text, pinned, source, evidence },
      effect: pinned ? null : (effects.get(id) ?? null),
    }));
  const explanations = context.lessons
    .filter(({ id }) => id === null)
    .map(({ failure_category, text }) => ({
      ...{ id: null, failure_category, text, pinned: false, source: null, evidence: [], effect: null },
    }));
  return {
    topic: cluster.topic,
    failures: context.failures,
    failure_categories: context.failure_categories.map(({ shrunk_share: _, ...shown }) => shown),
    ...(health.get(cluster.id) ?? { state: "quiet", jump: false }),
    reopened,
    guidance: isDecided(cluster, served) ? inForce : explanations,
    waiting: waiting.map((lesson) => waitingOutput(lesson, needApproval)),
    lessons_refused: cluster.lessonsRefused,
    guidance_version: cluster.guidanceVersion,
    guidance_switched_off: cluster.switchedOff,
    lift,
    examples: context.examples,
    changes: changes.map(({ kind, detail, actor, createdAt }) => ({ kind, detail, actor, at: toRfc3339(createdAt) })),
    version: context.version,
    refreshed_at: toRfc3339(context.built_at),
    ...numbers,
  };
}

function waitingOutput(lesson: StoredLesson, needApproval: boolean): ClusterDetail["waiting"][number] {
  const { id, failureCategory, text, evidence, witnesses } = lesson;
  const waits_for = hasStanding(lesson, needApproval) ? "place" : needApproval ? "approval" : "evidence";
  return { id, failure_category: failureCategory, text, evidence, customers: witnesses.length, waits_for };
}
