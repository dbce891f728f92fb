import { and, count, eq, gt, isNotNull, isNull, max } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { clusters } from "../db/schema/clusters.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { routerTraining } from "../db/schema/router.ts";
import { HOUR, MINUTE, SECOND, toRfc3339OrNull } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { VERSION_SUFFIX } from "./router-file.ts";
import { servesRouter } from "./router-store.ts";

/** The one router: the row of its training, and the subject of its job. */
export const ROUTER = "router";

/** So much must be new since the last training: one topic, or this share of its examples. */
const NEW_SHARE = 0.05;

/** While failures are still coming in (an import), training waits for a quiet moment, but not for ever. */
const QUIET_MS = 5 * SECOND;
const LONGEST_WAIT_MS = 2 * MINUTE;

/**
 * A router's file holds hashed features of the messages it learned from, those of an erased one too. It serves until
 * the next training, which comes within this time of the erasure; many erasures lead to one training.
 */
export const FORGET_WITHIN_MS = HOUR;

/** The row before the first training. */
export const NEVER = { id: ROUTER, topics: 0, examples: 0, bytes: 0, trainingMs: 0, boundary: "", trainedAt: 0 };

export async function readTraining(db: Db) {
  const [row] = await db.select().from(routerTraining).where(eq(routerTraining.id, ROUTER));
  return row ?? { ...NEVER, requestedAt: null, version: null, erasedAt: null, forgetBy: null };
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

export type Due = "train" | "wait" | "enough";

/** Whether enough is new to train on, or will soon be. */
export async function isDue({ db, bucket }: Pick<Services, "db" | "bucket">, now: number): Promise<Due> {
  const { requestedAt, forgetBy, boundary, trainedAt, examples, version } = await readTraining(db);
  if (forgetBy !== null && forgetBy <= now) return "train";
  // A file of another version is refused by the code that is deployed now.
  if (requestedAt !== null || (version !== null && !version.endsWith(VERSION_SUFFIX))) return "train";
  if (version !== null && !(await servesRouter(bucket, version))) return "train";
  const fresh = await whatIsNew(db, boundary, trainedAt);
  if (fresh.failures === 0) return "enough";
  if (version !== null && fresh.topics === 0 && fresh.failures < examples * NEW_SHARE) return "enough";
  const coming = now - fresh.newest < QUIET_MS && now - trainedAt < LONGEST_WAIT_MS;
  return coming ? "wait" : "train";
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
    forget_by: toRfc3339OrNull(row.forgetBy),
  };
}
