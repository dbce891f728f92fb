import { and, eq, isNull, sql } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import { type Db, rowsFromJson, valuesOf } from "../../db/client.ts";
import { clusters, lessons } from "../../db/schema/clusters.ts";
import { failedReplies } from "../../db/schema/failures.ts";
import { LESSON_SLOTS } from "../../experiments/prompt-id.ts";
import { recordWithoutPersonalData } from "../../guards/without-personal-data.ts";
import { retryD1 } from "../../lib/retry-d1.ts";
import type { Services } from "../../services.ts";

/** Failures named per lesson: enough to look at, few enough to keep in a row. */
const MOST_EVIDENCE = 50;

export type StoredLesson = typeof lessons.$inferSelect;

export type LessonChange =
  | { op: "add"; failure_category: string | null; text: string; pinned?: boolean; evidence: string[] }
  | {
      op: "sharpen";
      lesson: StoredLesson;
      failure_category?: string | null;
      text: string;
      pinned?: boolean;
      evidence: string[];
    }
  | { op: "retire"; lesson: StoredLesson };

/** A cluster's lessons, without retired ones. */
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
  { db, clock, newId }: Pick<Services, "db" | "clock" | "newId">,
  cluster: { id: string; guidanceVersion: number },
  changes: LessonChange[],
  source: "model" | "person",
  { set = {}, learnedFrom = [] }: { set?: SQLiteUpdateSetSource<typeof clusters>; learnedFrom?: string[] } = {},
): Promise<number | null> {
  const now = clock();
  const leaving = changes.flatMap((change) => (change.op === "add" ? [] : [change.lesson.id]));
  const staying = (await currentLessons(db, cluster.id)).filter(({ id }) => !leaving.includes(id));
  const added = newLessons(changes, new Set(staying.map(({ slot }) => slot))).map((lesson) => ({
    // What a person writes is meant as it stands, such as the shop's own address.
    ...(source === "model" ? recordWithoutPersonalData(lesson, ["text", "failureCategory"]).record : lesson),
    ...{ id: newId(), clusterId: cluster.id, source, createdAt: now, retiredAt: null },
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
        .where(sql`${lessons.id} in ${valuesOf(leaving)} and ${unchanged}`),
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

/** The lessons that changes bring, as far as slots are free. @param taken the slots that are not, to be added to */
function newLessons(changes: LessonChange[], taken: Set<number>) {
  return changes.flatMap((change) => {
    if (change.op === "retire") return [];
    const old = change.op === "sharpen" ? change.lesson : null;
    const slot = old?.slot ?? freeSlot(taken);
    if (slot === null) return [];
    taken.add(slot);
    return [
      {
        slot,
        failureCategory:
          change.failure_category === undefined ? (old?.failureCategory ?? null) : change.failure_category,
        text: change.text,
        pinned: change.pinned ?? old?.pinned ?? false,
        evidence: [...new Set([...(old?.evidence ?? []), ...change.evidence])].slice(-MOST_EVIDENCE),
        replaces: old?.id ?? null,
      },
    ];
  });
}

function freeSlot(taken: Set<number>): number | null {
  for (let slot = 0; slot < LESSON_SLOTS; slot++) if (!taken.has(slot)) return slot;
  return null;
}
