import { eq, inArray, sql } from "drizzle-orm";
import { type Db, rowsFromJson } from "../db/client.ts";
import { lessons } from "../db/schema/clusters.ts";
import { lessonEffects, outcomes } from "../db/schema/experiments.ts";
import { evidenceNeeded } from "../lib/statistics/false-discoveries.ts";
import { ALPHA, eventsUntilFound, lnEvidence, relativeRisk, type SplitCount } from "../lib/statistics/split-test.ts";
import { PROMPT_ARMS } from "./prompt-id.ts";

/**
 * Works out anew what each of a cluster's lessons does: of the conversations that a lesson was for and that failed, so
 * many did without it by chance. Of conversations alone that can be told from others, each once.
 */
export async function measureLessons(db: Db, clusterId: string): Promise<void> {
  const rows = await db.all<SplitCount & { id: string }>(sql`
    select id, share, count(*) as n, sum(out) as k from (
      select l.id as id, o.lesson_share as share, (o.left_out >> l.slot) & 1 as out, min(o.prompt_id)
      from ${lessons} l join ${outcomes} o on o.cluster_id = l.cluster_id
      where l.cluster_id = ${clusterId} and l.retired_at is null and l.slot is not null and l.pinned = 0
        and o.failed = 1 and o.arm = ${PROMPT_ARMS.guided} and o.told_apart = 1
        and (o.lessons >> l.slot) & 1 = 1 and o.prompt_id >= l.id
      group by l.id, o.conversation)
    group by id, share`);
  const effects = [...Map.groupBy(rows, ({ id }) => id)].map(([lessonId, counts]) => effectOf(lessonId, counts));
  const own = db.select({ id: lessons.id }).from(lessons).where(eq(lessons.clusterId, clusterId));
  await db.batch([
    db.delete(lessonEffects).where(inArray(lessonEffects.lessonId, own)),
    // One may have been erased meanwhile.
    db.insert(lessonEffects).select(
      rowsFromJson(lessonEffects, effects, {
        where: (given) => sql`exists (select 1 from ${lessons} l where l.id = ${given("lessonId")})`,
      }),
    ),
  ]);
}

function effectOf(lessonId: string, counts: SplitCount[]): typeof lessonEffects.$inferInsert {
  const risk = relativeRisk(counts);
  const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null);
  return {
    lessonId,
    failures: counts.reduce((sum, { n }) => sum + n, 0),
    leftOut: counts.reduce((sum, { k }) => sum + k, 0),
    evidence: lnEvidence(counts),
    relativeRisk: finite(risk?.value),
    low: risk === null ? null : risk.low,
    high: finite(risk?.high),
    more: eventsUntilFound(counts),
  };
}

/**
 * The evidence from which a lesson counts as found to help or to harm, among all that are served: with thousands of them,
 * some look like either by chance.
 */
export async function evidenceForLessons(db: Db): Promise<number> {
  const tested = await db.all<{ evidence: number }>(sql`
    select coalesce(e.evidence, 0) as evidence from ${lessons} l left join ${lessonEffects} e on e.lesson_id = l.id
    where l.retired_at is null and l.slot is not null and l.pinned = 0`);
  return evidenceNeeded(
    tested.map(({ evidence }) => evidence),
    ALPHA,
  );
}

/**
 * What is known of a lesson. Both bounds are null where no one risk explains what was seen under different settings: it
 * changes something, and nobody can say in which direction.
 */
export function findingOf(
  { evidence, low, high }: Pick<typeof lessonEffects.$inferSelect, "evidence" | "low" | "high">,
  needed: number,
): "helps" | "harms" | "not_known" {
  if (evidence < needed) return "not_known";
  if (high !== null && high < 1) return "helps";
  return low !== null && low > 1 ? "harms" : "not_known";
}
