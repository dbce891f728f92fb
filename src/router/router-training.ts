import { and, count, desc, eq, gt, isNotNull, isNull, lte, max, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { clusters } from "../db/schema/clusters.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { routerTraining } from "../db/schema/router.ts";
import { newId } from "../lib/ids.ts";
import { log } from "../lib/log.ts";
import { MINUTE, SECOND, toRfc3339OrNull } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { FEATURE_VERSION, MAX_INPUT_CHARS } from "./features.ts";
import { dropRouterCopy } from "./router-copy.ts";
import { encodeRouter } from "./router-file.ts";
import { MAX_TOPICS } from "./router-model.ts";
import { hasRouterFile, routerKey, writePointer } from "./router-store.ts";
import { trainRouterGently } from "./train-router.ts";
import { MAX_EXAMPLES, MAX_EXAMPLES_PER_TOPIC, type RouterExample } from "./training-set.ts";

type Training = Pick<Services, "db" | "bucket" | "clock" | "jobs">;

const ROW = "router";
const VERSION_SUFFIX = `-f${FEATURE_VERSION}`;

/** Longer than any training takes; a worker that died holds it for so long. */
const LEASE_MS = 10 * MINUTE;

/** So much must be new since the last training: one topic, or this share of its examples. */
const NEW_SHARE = 0.05;

/** While failures are still coming in (an import), training waits for a quiet moment, but not for ever. */
const QUIET_MS = 5 * SECOND;
const LONGEST_WAIT_MS = 2 * MINUTE;
const LOOK_AGAIN_S = 6;

/**
 * An isolate asks for a training at most this often. Less than the job's delay, so that what comes meanwhile is seen by
 * the job asked for before.
 */
const ASK_EVERY_MS = (LOOK_AGAIN_S - 1) * SECOND;

const NEVER = { id: ROW, leaseUntil: 0, topics: 0, examples: 0, bytes: 0, trainingMs: 0, boundary: "", trainedAt: 0 };

async function readTraining(db: Db) {
  const [row] = await db.select().from(routerTraining).where(eq(routerTraining.id, ROW));
  return row ?? { ...NEVER, requestedAt: null, version: null };
}

/** Has the router trained soon, whether or not much is new. */
export async function requestTraining({ db, clock, jobs }: Pick<Services, "db" | "clock" | "jobs">): Promise<void> {
  const requestedAt = clock();
  await db
    .insert(routerTraining)
    .values({ ...NEVER, requestedAt })
    .onConflictDoUpdate({ target: routerTraining.id, set: { requestedAt } });
  await jobs.send({ job: "train_router" });
}

const lastAsked = new WeakMap<Db, number>();

/** Says that failures with topics were recorded. The job decides whether that is enough to train on. */
export async function noteNewExamples({ db, clock, jobs }: Pick<Services, "db" | "clock" | "jobs">): Promise<void> {
  const now = clock();
  if (now - (lastAsked.get(db) ?? 0) < ASK_EVERY_MS) return;
  lastAsked.set(db, now);
  try {
    await jobs.send({ job: "train_router" }, { delaySeconds: LOOK_AGAIN_S });
  } catch (error) {
    // The sweep asks as well.
    log.warn("training_not_asked", {}, error);
  }
}

/** What is new since the last training. */
async function whatIsNew(db: Db, boundary: string, trainedAt: number) {
  const [failures, topics] = await db.batch([
    db
      .select({ count: count().as("fresh"), newest: max(failedReplies.createdAt).as("newest") })
      .from(failedReplies)
      .where(and(gt(failedReplies.id, boundary), isNotNull(failedReplies.clusterId))),
    db
      .select({ count: count().as("topics") })
      .from(clusters)
      .where(and(gt(clusters.createdAt, trainedAt), isNull(clusters.mergedInto))),
  ]);
  return { failures: failures[0]?.count ?? 0, newest: failures[0]?.newest ?? 0, topics: topics[0]?.count ?? 0 };
}

type Due = "train" | "wait" | "enough";

async function isDue({ db, bucket }: Pick<Services, "db" | "bucket">, now: number): Promise<Due> {
  const { requestedAt, boundary, trainedAt, examples, version } = await readTraining(db);
  // A file of another version is refused by the code that is deployed now.
  if (requestedAt !== null || (version !== null && !version.endsWith(VERSION_SUFFIX))) return "train";
  if (version !== null && !(await hasRouterFile(bucket, version))) return "train";
  const fresh = await whatIsNew(db, boundary, trainedAt);
  if (fresh.failures === 0) return "enough";
  if (version !== null && fresh.topics === 0 && fresh.failures < examples * NEW_SHARE) return "enough";
  const coming = now - fresh.newest < QUIET_MS && now - trainedAt < LONGEST_WAIT_MS;
  return coming ? "wait" : "train";
}

/** For the sweep: asks for a training where one is due. */
export async function sweepRouter(services: Training): Promise<void> {
  const { clock, jobs } = services;
  if ((await isDue(services, clock())) === "train") await jobs.send({ job: "train_router" });
}

/**
 * Trains the router where enough has changed, and puts the new version in force. Safe to call at any time: one
 * training at a time holds the lease, and what it makes depends on the failures alone.
 */
export async function trainRouterIfDue(services: Training): Promise<"trained" | Due | "held"> {
  const { db, clock, jobs } = services;
  const now = clock();
  const due = await isDue(services, now);
  if (due === "wait") await jobs.send({ job: "train_router" }, { delaySeconds: LOOK_AGAIN_S });
  if (due !== "train") return due;
  await db.insert(routerTraining).values(NEVER).onConflictDoNothing();
  const lease = now + LEASE_MS;
  const [held] = await db
    .update(routerTraining)
    .set({ leaseUntil: lease })
    .where(and(eq(routerTraining.id, ROW), lte(routerTraining.leaseUntil, now)))
    .returning();
  if (held === undefined) return "held";
  try {
    await train(services, lease, held.requestedAt);
  } catch (error) {
    await db
      .update(routerTraining)
      .set({ leaseUntil: 0 })
      .where(and(eq(routerTraining.id, ROW), eq(routerTraining.leaseUntil, lease)));
    throw error;
  }
  // What came in while it trained may be enough for the next.
  if ((await isDue(services, clock())) !== "enough")
    await jobs.send({ job: "train_router" }, { delaySeconds: LOOK_AGAIN_S });
  return "trained";
}

async function train({ db, bucket, clock }: Training, lease: number, requestedAt: number | null): Promise<void> {
  const began = Date.now();
  const trainedAt = clock();
  const [newest] = await db.select({ id: max(failedReplies.id).as("newest") }).from(failedReplies);
  const { examples, clustersOf } = await readExamples(db);
  const model = await trainRouterGently(examples, () => scheduler.wait(0));
  const version = model === null ? null : `${newId()}${VERSION_SUFFIX}`;
  let bytes = 0;
  if (model !== null && version !== null) {
    const file = encodeRouter(model);
    bytes = file.byteLength;
    await bucket.put(routerKey(version), file, { httpMetadata: { contentType: "application/octet-stream" } });
  }
  // Only now, and only where the lease is still ours, does the new version come into force.
  const [mine] = await db
    .update(routerTraining)
    .set({
      version,
      bytes,
      topics: model?.topics.length ?? 0,
      examples: model?.examples ?? 0,
      trainingMs: Date.now() - began,
      boundary: newest?.id ?? "",
      trainedAt,
      leaseUntil: 0,
      // A request that came while it trained stays.
      requestedAt: sql`nullif(${routerTraining.requestedAt}, ${requestedAt})`,
    })
    .where(and(eq(routerTraining.id, ROW), eq(routerTraining.leaseUntil, lease)))
    .returning();
  if (mine === undefined || version === null) return;
  await writePointer(bucket, { version, clusters: clustersOf });
  dropRouterCopy({ db });
}

/** Clusters read from in one batch. */
const CLUSTERS_AT_ONCE = 10;

/**
 * The newest prompts of each cluster, so that a busy topic does not crowd out a rare one.
 * @returns the examples, and the cluster of each topic
 */
async function readExamples(db: Db): Promise<{ examples: RouterExample[]; clustersOf: Record<string, string> }> {
  const failures = count();
  const found = await db
    .select({ id: clusters.id, topic: clusters.topic, failures: failures.as("failures") })
    .from(failedReplies)
    .innerJoin(clusters, eq(clusters.id, failedReplies.clusterId))
    .where(isNull(clusters.mergedInto))
    .groupBy(failedReplies.clusterId)
    .orderBy(desc(failures))
    .limit(MAX_TOPICS);
  // The largest clusters share what the training takes; twice as much is read, because repeats count once.
  const each = Math.min(MAX_EXAMPLES_PER_TOPIC, Math.ceil((2 * MAX_EXAMPLES) / Math.max(1, found.length)));
  const examples: RouterExample[] = [];
  for (let i = 0; i < found.length; i += CLUSTERS_AT_ONCE) {
    const some = found.slice(i, i + CLUSTERS_AT_ONCE);
    const [first, ...others] = some.map(({ id }) =>
      db
        .select({ text: sql<string>`substr(${prompts.originalPrompt}, 1, ${MAX_INPUT_CHARS})`.as("text") })
        .from(failedReplies)
        .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
        .where(eq(failedReplies.clusterId, id))
        .orderBy(desc(failedReplies.id))
        .limit(each),
    );
    if (first === undefined) break;
    const read = await db.batch([first, ...others]);
    read.forEach((rows, at) => {
      const topic = some[at]?.topic ?? "";
      for (const { text } of rows) examples.push({ text, topic });
    });
  }
  return { examples, clustersOf: Object.fromEntries(found.map(({ id, topic }) => [topic, id])) };
}

/** For `GET /v1/router`. */
export async function routerStatus(db: Db) {
  const row = await readTraining(db);
  const fresh = await whatIsNew(db, row.boundary, row.trainedAt);
  return {
    version: row.version,
    topics: row.topics,
    examples: row.examples,
    bytes: row.bytes,
    training_ms: row.trainingMs,
    trained_at: toRfc3339OrNull(row.trainedAt || null),
    failures_since: fresh.failures,
    training_requested: row.requestedAt !== null,
  };
}
