import { and, eq, isNull, sql } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import { type Db, rowsFromJson, valuesOf } from "../../db/client.ts";
import { clusters, lessons } from "../../db/schema/clusters.ts";
import { failedReplies } from "../../db/schema/failures.ts";
import { recordWithoutPersonalData } from "../../guards/without-personal-data.ts";
import { retryD1 } from "../../lib/retry-d1.ts";
import type { Services } from "../../services.ts";
import { type LessonChange, planChanges, type StoredLesson } from "./plan-changes.ts";

/** A cluster's lessons, without retired ones: those that are served and those that wait. */
export function currentLessons(db: Db, clusterId: string): Promise<StoredLesson[]> {
  return db
    .select()
    .from(lessons)
    .where(and(eq(lessons.clusterId, clusterId), isNull(lessons.retiredAt)));
}

/**
 * Applies changes to a cluster's lessons, all of them or none, and only on the version they were made for. What does
 * not fit into the slots is left out: the caller retires first.
 * @param set further columns of the cluster to set in the same step
 * @param learnedFrom the failures that were read for it: where one is erased or withdrawn by now, nothing is changed
 * @returns the new version, or null when somebody else changed the lessons meanwhile
 */
export async function changeLessons(
  { db, clock, newId, config }: Pick<Services, "db" | "clock" | "newId" | "config">,
  cluster: { id: string; guidanceVersion: number },
  changes: LessonChange[],
  source: "model" | "person",
  { set = {}, learnedFrom = [] }: { set?: SQLiteUpdateSetSource<typeof clusters>; learnedFrom?: string[] } = {},
): Promise<number | null> {
  const now = clock();
  const current = await currentLessons(db, cluster.id);
  const { retired, added: drafts } = planChanges(current, changes, source, config.LESSONS_NEED_APPROVAL);
  const added = drafts.map((draft) => ({
    // What a person writes is meant as it stands, such as the shop's own address.
    ...(draft.source === "model" ? recordWithoutPersonalData(draft, ["text", "failureCategory"]).record : draft),
    ...{ id: newId(), clusterId: cluster.id, createdAt: now, retiredAt: null },
  }));
  const allThere = sql`not exists (select 1 from json_each(${JSON.stringify(learnedFrom)}) e
    where not exists (select 1 from ${failedReplies} f where f.id = e.value and f.status <> 'withdrawn'))`;
  const unchanged = sql`exists (select 1 from ${clusters} c
    where c.id = ${cluster.id} and c.guidance_version = ${cluster.guidanceVersion}) and ${allThere}`;
  const next = cluster.guidanceVersion + 1;
  const [, , written] = await retryD1(() =>
    db.batch([
      db
        .update(lessons)
        .set({ retiredAt: now })
        .where(sql`${lessons.id} in ${valuesOf(retired)} and ${unchanged}`),
      db.insert(lessons).select(rowsFromJson(lessons, added, { where: () => unchanged })),
      db
        .update(clusters)
        .set({ ...set, guidanceVersion: next })
        .where(and(eq(clusters.id, cluster.id), eq(clusters.guidanceVersion, cluster.guidanceVersion), allThere))
        .returning({ id: clusters.id }),
    ]),
  );
  return written.length > 0 ? next : null;
}
