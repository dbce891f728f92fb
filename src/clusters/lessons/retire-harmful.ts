import { and, eq, gte, isNotNull, isNull, sql } from "drizzle-orm";
import { rowsFromJson } from "../../db/client.ts";
import { clusterChanges, clusters, lessons } from "../../db/schema/clusters.ts";
import { lessonEffects } from "../../db/schema/experiments.ts";
import { countAsked, countFailed, judgedSince } from "../../experiments/count-outcomes.ts";
import { BY_EVIDENCE } from "../../experiments/judge-guidance.ts";
import { evidenceForLessons, findingOf } from "../../experiments/lesson-effects.ts";
import { verdictToActOn } from "../../experiments/lift.ts";
import { FOUND } from "../../lib/statistics/split-test.ts";
import type { Services } from "../../services.ts";
import { touchClusters } from "../context/read-context.ts";

type Retiring = Pick<Services, "db" | "clock" | "newId" | "clusters">;

/**
 * Retires lessons that are shown to do harm: conversations with them fail more often than those that did without.
 * Never a pinned one, and none of a cluster whose conversations are not held out as they should be. What is left is
 * other guidance, whose test begins anew.
 */
export async function retireHarmfulLessons(services: Retiring): Promise<void> {
  const { db } = services;
  const found = await db
    .select({
      ...{ id: lessons.id, evidence: lessonEffects.evidence, low: lessonEffects.low, high: lessonEffects.high },
      cluster: clusters,
    })
    .from(lessonEffects)
    .innerJoin(lessons, eq(lessons.id, lessonEffects.lessonId))
    .innerJoin(clusters, eq(clusters.id, lessons.clusterId))
    .where(
      and(
        gte(lessonEffects.evidence, FOUND),
        isNull(lessons.retiredAt),
        isNotNull(lessons.slot),
        eq(lessons.pinned, false),
      ),
    );
  if (found.length === 0) return;
  const needed = await evidenceForLessons(db);
  for (const { id, cluster, ...effect } of found) {
    if (findingOf(effect, needed) !== "harms") continue;
    const scope = { clusterId: cluster.id, since: judgedSince(cluster) };
    const [failed, asked] = [await countFailed(db, scope), await countAsked(db, scope)];
    if (verdictToActOn({ failed, asked }) === "split_failed") continue;
    await retire(services, id, cluster.id);
  }
}

/** All in one step, the lesson last: what goes before it happens only while it is served. */
async function retire({ db, clock, newId, clusters: objects }: Retiring, id: string, clusterId: string): Promise<void> {
  const now = clock();
  const served = sql`exists (select 1 from ${lessons} l where l.id = ${id} and l.retired_at is null and l.pinned = 0)`;
  const change = {
    ...{ id: newId(), clusterId, kind: "lesson_retired" as const, detail: { lesson: id } },
    ...{ actor: BY_EVIDENCE, createdAt: now },
  };
  await db.batch([
    db.insert(clusterChanges).select(rowsFromJson(clusterChanges, [change], { where: () => served })),
    db
      .update(clusters)
      .set({ guidanceVersion: sql`${clusters.guidanceVersion} + 1`, switchedOff: false, switchedAt: now })
      .where(and(eq(clusters.id, clusterId), served)),
    db
      .update(lessons)
      .set({ retiredAt: now })
      .where(and(eq(lessons.id, id), served)),
  ]);
  await touchClusters({ clusters: objects }, [{ clusterId }]);
}
