import { eq, getTableColumns } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { lessons } from "../../db/schema/clusters.ts";
import { lessonEffects } from "../../db/schema/experiments.ts";
import { evidenceForLessons, findingOf } from "../../experiments/lesson-effects.ts";
import type { LessonEffectOutput } from "../../experiments/schemas.ts";

/** What is known of each of a cluster's lessons, by lesson id; without those that nothing is known of. */
export async function effectsOf(db: Db, clusterId: string): Promise<Map<string, LessonEffectOutput>> {
  const [known, needed] = await Promise.all([
    db
      .select(getTableColumns(lessonEffects))
      .from(lessonEffects)
      .innerJoin(lessons, eq(lessons.id, lessonEffects.lessonId))
      .where(eq(lessons.clusterId, clusterId)),
    evidenceForLessons(db),
  ]);
  return new Map(
    known.map((effect) => [
      effect.lessonId,
      {
        finding: findingOf(effect, needed),
        ...{ failures: effect.failures, left_out: effect.leftOut, relative_risk: effect.relativeRisk },
        ...{ low: effect.low, high: effect.high, more_failures: effect.more },
      },
    ]),
  );
}
