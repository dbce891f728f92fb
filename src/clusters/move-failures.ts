import { and, eq, exists, inArray, isNotNull, type SQL, sql } from "drizzle-orm";
import { clusters } from "../db/schema/clusters.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { improvements } from "../db/schema/improvements.ts";
import { DONE, type Held, type Job, type JobEnd } from "../jobs/job.ts";
import { requestMissingJobs } from "../jobs/wake-jobs.ts";
import { leadRoutesTo } from "../router/router-store.ts";
import type { Services } from "../services.ts";
import { touchClusters } from "./context/read-context.ts";
import { markUnread, TEACHES } from "./lessons/unread.ts";

/** Rows moved by one statement, and statements in one invocation (D1 allows 1,000 queries in one). */
export const CHUNK = 500;
export const CHUNKS = 100;

/** What a merged cluster still holds, on its way to the one it went into. */
export const moveClusterJob: Job = {
  run: moveFailures,
  mostTries: Number.POSITIVE_INFINITY,
  sweep: askForMoves,
};

/** Moves what a merged cluster still holds to its successor. Cut off anywhere, it goes on where it was. */
async function moveFailures(
  services: Pick<Services, "db" | "clock" | "clusters" | "bucket">,
  { subject: clusterId }: Held,
): Promise<JobEnd> {
  const { db, clock, bucket } = services;
  const [cluster] = await db.select().from(clusters).where(eq(clusters.id, clusterId));
  const target = cluster?.mergedInto;
  if (!target) return DONE;
  await leadRoutesTo(bucket, clusterId, target);
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const some = sql`(select f.id from ${failedReplies} f where f.cluster_id = ${clusterId} limit ${CHUNK})`;
    if ((await moveChunk(services, some, target)) > 0) continue;
    // The source's own context has held their texts until now.
    await touchClusters(services, [{ clusterId: target }, { clusterId }]);
    return DONE;
  }
  return { end: "again", at: clock() };
}

/** Improvements first: a cut between the two leaves failures to find them by. */
export async function moveChunk(
  { db, clock }: Pick<Services, "db" | "clock">,
  failureIds: SQL,
  target: string,
  byPerson = false,
): Promise<number> {
  const explained = sql`from ${failedReplies} f where f.id in ${failureIds} and ${TEACHES}`;
  const [, , moved] = await db.batch([
    markUnread(db, explained, sql`${target}`),
    db.update(improvements).set({ clusterId: target }).where(inArray(improvements.failedReplyId, failureIds)),
    db
      .update(failedReplies)
      .set({ clusterId: target, movedAt: clock(), ...(byPerson && { topicSource: "person" as const }) })
      .where(inArray(failedReplies.id, failureIds))
      .returning({ id: failedReplies.id }),
  ]);
  return moved.length;
}

/** Asks for merged clusters that still hold failures: those recorded while the merge went on. */
async function askForMoves(services: Pick<Services, "db" | "clock" | "jobs">): Promise<void> {
  const { db } = services;
  const left = await db
    .select({ id: clusters.id })
    .from(clusters)
    .where(
      and(
        isNotNull(clusters.mergedInto),
        exists(db.select({ one: sql`1` }).from(failedReplies).where(eq(failedReplies.clusterId, clusters.id))),
      ),
    );
  const ids = left.map(({ id }) => id);
  await requestMissingJobs(services, "move_cluster", ids);
}
