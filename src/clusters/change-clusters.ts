import { and, eq, isNull, sql } from "drizzle-orm";
import { rowsFromJson, valuesOf } from "../db/client.ts";
import { clusterChanges, clusters, clusterTopics, lessons } from "../db/schema/clusters.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { askFor } from "../jobs/ask-for.ts";
import { wakeJob } from "../jobs/wake-jobs.ts";
import { RedraftError } from "../lib/errors.ts";
import { log } from "../lib/log.ts";
import { askForTraining, wakeTraining } from "../router/request-training.ts";
import { leadRoutesTo } from "../router/router-store.ts";
import type { Services } from "../services.ts";
import { touchClusters } from "./context/read-context.ts";
import { CHUNK, CHUNKS, moveChunk } from "./move-failures.ts";
import type { SplitInput } from "./schemas.ts";
import { clusterOfTopic, ensureTopics, findCluster, topicKey } from "./topics/topics.ts";

type Changing = Pick<Services, "db" | "clock" | "newId" | "jobs" | "clusters" | "bucket">;

function history({ db, newId, clock }: Changing, row: Omit<typeof clusterChanges.$inferInsert, "id" | "createdAt">) {
  return db.insert(clusterChanges).values({ id: newId(), ...row, createdAt: clock() });
}

/**
 * Gives a cluster another name; its former names go on leading to it.
 * @throws RedraftError `conflict` when the name is another cluster's: merge them instead
 */
export async function renameCluster(services: Changing, topic: string, to: string, actor: string): Promise<void> {
  const { db, clock } = services;
  const cluster = await clusterOfTopic(db, topic);
  const other = await findCluster(db, to);
  if (other !== null && other.id !== cluster.id) {
    throw new RedraftError("conflict", `"${other.topic}" is another cluster. Merge the two instead.`);
  }
  const now = clock();
  await db.batch([
    db
      .insert(clusterTopics)
      .values({ key: topicKey(to), clusterId: cluster.id })
      .onConflictDoNothing(),
    db.update(clusters).set({ topic: to }).where(eq(clusters.id, cluster.id)),
    history(services, { clusterId: cluster.id, kind: "rename", detail: { from: cluster.topic, to }, actor }),
    ...askForTraining(db, now),
  ]);
  await afterChange(services, [cluster.id]);
}

/**
 * Puts one cluster into another: its names lead there at once, its failures and improvements follow in
 * chunks. Its lessons are retired: the other's go on, and learn from what came. Its outcomes stay: they were made with
 * its own guidance, and do not judge the other's.
 */
export async function mergeClusters(services: Changing, topic: string, into: string, actor: string): Promise<void> {
  const { db } = services;
  const source = await clusterOfTopic(db, topic);
  const target = await clusterOfTopic(db, into);
  if (source.id === target.id) throw new RedraftError("conflict", "Both names already lead to one cluster.");
  const [merged] = await db.batch([
    // Of two merges at once the second finds its clusters changed: into each other, they would lead in a circle.
    db
      .update(clusters)
      .set({ mergedInto: target.id })
      .where(
        and(
          eq(clusters.id, source.id),
          isNull(clusters.mergedInto),
          sql`exists (select 1 from ${clusters} t where t.id = ${target.id} and t.merged_into is null)`,
        ),
      )
      .returning({ id: clusters.id }),
    ...followMerge(services, source, target, actor),
  ]);
  if (merged.length === 0) throw new RedraftError("conflict", "One of the two was merged meanwhile. Read them again.");
  try {
    await leadRoutesTo(services.bucket, source.id, target.id);
  } catch (error) {
    // The job does it as well, a little later.
    log.warn("routes_not_led", { cluster_id: source.id }, error);
  }
  await wakeJob(services, "move_cluster", source.id);
  await afterChange(services, [source.id, target.id]);
}

type Cluster = Pick<typeof clusters.$inferSelect, "id" | "topic">;

/** Statements: what a merge brings with it, if it took place. */
function followMerge(services: Changing, source: Cluster, target: Cluster, actor: string) {
  const { db, clock, newId } = services;
  const now = clock();
  const tookPlace = sql`exists (select 1 from ${clusters} s where s.id = ${source.id} and s.merged_into = ${target.id})`;
  const change = {
    ...{ id: newId(), clusterId: target.id, kind: "merge" as const, actor, createdAt: now },
    detail: { from: source.topic, into: target.topic },
  };
  return [
    db
      .update(clusterTopics)
      .set({ clusterId: target.id })
      .where(and(eq(clusterTopics.clusterId, source.id), tookPlace)),
    // Whatever went into the source before is the target's now: chains never form.
    db
      .update(clusters)
      .set({ mergedInto: target.id })
      .where(and(eq(clusters.mergedInto, source.id), tookPlace)),
    db
      .update(lessons)
      .set({ retiredAt: now })
      .where(and(eq(lessons.clusterId, source.id), isNull(lessons.retiredAt), tookPlace)),
    db.insert(clusterChanges).select(rowsFromJson(clusterChanges, [change], { where: () => tookPlace })),
    // Where it did not, the jobs find nothing to do.
    askFor(db, "move_cluster", source.id, now),
    ...askForTraining(db, now),
  ] as const;
}

/**
 * Moves some of a cluster's failures to another topic, new or known: those named, or those of a failure category.
 * @returns how many were moved; repeating the call moves what is left
 */
export async function splitCluster(
  services: Changing,
  topic: string,
  { into, failure_ids, failure_category }: SplitInput,
  actor: string,
): Promise<number> {
  const { db, clock } = services;
  const source = await clusterOfTopic(db, topic);
  const now = clock();
  await db.batch([...ensureTopics(services, [into], now)]);
  const target = await clusterOfTopic(db, into);
  if (source.id === target.id) throw new RedraftError("conflict", "Both names lead to one cluster.");
  const which = failure_ids
    ? sql`f.id in ${valuesOf(failure_ids)}`
    : sql`f.failure_category = ${failure_category ?? ""}`;
  let total = 0;
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const ids = sql`(select f.id from ${failedReplies} f where f.cluster_id = ${source.id} and ${which} limit ${CHUNK})`;
    const moved = await moveChunk(services, ids, target.id, true);
    total += moved;
    if (moved < CHUNK) break;
  }
  if (total === 0) throw new RedraftError("invalid", "No failure of this cluster was named.");
  await db.batch([
    history(services, {
      ...{ clusterId: source.id, kind: "split", actor },
      detail: { from: source.topic, into: target.topic, failures: total },
    }),
    ...askForTraining(db, now),
  ]);
  await afterChange(services, [source.id, target.id]);
  return total;
}

async function afterChange(services: Changing, clusterIds: string[]): Promise<void> {
  const changed = clusterIds.map((clusterId) => ({ clusterId }));
  await touchClusters(services, changed);
  await wakeTraining(services);
}
