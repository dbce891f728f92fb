import { desc, gte, lt, sql } from "drizzle-orm";
import { lessonsSince } from "../clusters/recurrences.ts";
import type { Db } from "../db/client.ts";
import { clusters } from "../db/schema/clusters.ts";
import { botModelChanges } from "../db/schema/fine-tunes.ts";
import { correctionModels } from "../db/schema/learning.ts";
import { firstIdOf } from "../lib/ids.ts";
import { toRfc3339 } from "../lib/time.ts";
import type { Release } from "./schemas.ts";

const MOST_RELEASES = 500;

interface LessonRow {
  topic: string;
  at: number;
  added: number;
  retired: number;
}

/**
 * What changed since a time, newest first: lessons that prompts get, the model that corrects, the bot's model. Lessons
 * that wait are left out. Reads the lessons that were there at any time since, by an index.
 * @param clusterIds whose lessons; null: all
 */
export async function listReleases(
  db: Db,
  clusterIds: string[] | null,
  since: number,
): Promise<{ releases: Release[]; leftOff: boolean }> {
  const [changed, models, botModels] = await Promise.all([
    lessonChanges(db, clusterIds, since),
    modelChanges(db, since),
    botChanges(db, since),
  ]);
  const all = [...changed, ...models, ...botModels].sort((a, b) => (a.at < b.at ? 1 : -1));
  return { releases: all.slice(0, MOST_RELEASES), leftOff: all.length > MOST_RELEASES };
}

const NO_LESSONS = { topic: null, lessons_added: null, lessons_retired: null };

async function lessonChanges(db: Db, clusterIds: string[] | null, since: number): Promise<Release[]> {
  const rows = await db.all<LessonRow>(sql`
    with there as materialized ( select * from ${lessonsSince(clusterIds, since)}),
    changes as (
      select cluster_id, created_at as at, 1 as added, 0 as retired from there where created_at >= ${since}
      union all select cluster_id, retired_at, 0, 1 from there where retired_at is not null)
    select (select c.topic from ${clusters} c where c.id = changes.cluster_id) as topic, at,
      sum(added) as added, sum(retired) as retired
    from changes group by cluster_id, at order by at desc limit ${MOST_RELEASES + 1}`);
  return rows.map(({ topic, at, added, retired }) => ({
    ...{ at: toRfc3339(at), kind: "lessons", topic, lessons_added: added, lessons_retired: retired },
    ...{ model: null, before: null },
  }));
}

async function modelChanges(db: Db, since: number): Promise<Release[]> {
  const [rows, [earlier]] = await db.batch([
    db
      .select()
      .from(correctionModels)
      .where(gte(correctionModels.since, since))
      .orderBy(desc(correctionModels.since))
      .limit(MOST_RELEASES + 1),
    db
      .select()
      .from(correctionModels)
      .where(lt(correctionModels.since, since))
      .orderBy(desc(correctionModels.since))
      .limit(1),
  ]);
  // The first that there ever was is no change.
  return rows.flatMap(({ since: at, model }, i) => {
    const before = (rows[i + 1] ?? earlier)?.model;
    return before === undefined
      ? []
      : { ...NO_LESSONS, at: toRfc3339(at), kind: "correction_model" as const, model, before };
  });
}

/** Their ids sort by time. */
async function botChanges(db: Db, since: number): Promise<Release[]> {
  const [rows, [earlier]] = await db.batch([
    db
      .select()
      .from(botModelChanges)
      .where(gte(botModelChanges.id, firstIdOf(since)))
      .orderBy(desc(botModelChanges.id))
      .limit(MOST_RELEASES + 1),
    db
      .select()
      .from(botModelChanges)
      .where(lt(botModelChanges.id, firstIdOf(since)))
      .orderBy(desc(botModelChanges.id))
      .limit(1),
  ]);
  return rows.map(({ createdAt, model }, i) => ({
    ...{ ...NO_LESSONS, at: toRfc3339(createdAt), kind: "bot_model", model },
    before: (rows[i + 1] ?? earlier)?.model ?? null,
  }));
}
