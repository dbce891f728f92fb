import { and, asc, eq, inArray, isNotNull, isNull, lte, ne, type SQL, sql } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import { type Db, valuesOf } from "../../db/client.ts";
import { clusters } from "../../db/schema/clusters.ts";
import { failedReplies, prompts } from "../../db/schema/failures.ts";
import { improvements } from "../../db/schema/improvements.ts";
import { recordWithoutPersonalData } from "../../guards/without-personal-data.ts";
import { DONE, type Held, type Job, type JobEnd } from "../../jobs/job.ts";
import { requestMissingJobs } from "../../jobs/wake-jobs.ts";
import { log } from "../../lib/log.ts";
import { HOUR, MINUTE } from "../../lib/time.ts";
import { countTokens, tokensLeft } from "../../llm/daily-tokens.ts";
import { LimitError } from "../../llm/limit-error.ts";
import { ModelError } from "../../llm/model.ts";
import type { Services } from "../../services.ts";
import { COMPARED_CHARACTERS, type Evidence, partByCustomer } from "../context/different-customers.ts";
import { touchClusters } from "../context/read-context.ts";
import { changeLessons, currentLessons } from "./change-lessons.ts";
import { type NewFailure, type Proposal, proposeChanges } from "./propose-changes.ts";
import { retireHarmfulLessons } from "./retire-harmful.ts";
import { asRead, isNew, isReadAgain, STILL_UNREAD, TEACHES } from "./unread.ts";

/** New explained failures that are worth a model call, and how many one call reads. */
const FEWEST_NEW = 3;
export const MOST_READ = 20;

/** A cluster is distilled at most this often, and after the model failed not before this long. */
const PAUSE_MS = 5 * MINUTE;
const PAUSE_AFTER_FAILURE_MS = HOUR;

const CLUSTERS_AT_ONCE = 10;

/** Lessons take no more of the day's tokens than this: they come by themselves, and corrections were asked for. */
const SHARE_OF_BUDGET = 0.2;

type Distilling = Pick<Services, "db" | "model" | "config" | "clock" | "newId" | "clusters">;

/** A cluster whose lessons are distilled from its new failures. Given up, it waits for the next new ones. */
export const distillJob: Job = { run: distillLessons, mostTries: 5, sweep: tendLessons };

async function tendLessons(services: Services): Promise<void> {
  await retireHarmfulLessons(services);
  await askForLessons(services);
}

/** Asks for the clusters in which enough has failed since. */
export async function askForLessons(services: Pick<Services, "db" | "clock" | "jobs" | "config">): Promise<void> {
  const { db, clock } = services;
  if ((await tokensLeft(services, SHARE_OF_BUDGET)) <= 0) return;
  const now = clock();
  const fresh = sql`(select count(*) from (select 1 from ${failedReplies} f where f.cluster_id = ${clusters.id}
    and f.id > coalesce(${clusters.distilledTo}, '') and ${TEACHES}
    limit ${FEWEST_NEW})) + json_array_length(clusters.unread)`;
  const due = await db
    .select({ id: clusters.id })
    .from(clusters)
    .where(and(lte(clusters.distillDueAt, now), isNull(clusters.mergedInto), sql`${fresh} >= ${FEWEST_NEW}`))
    .limit(CLUSTERS_AT_ONCE);
  const ids = due.map(({ id }) => id);
  await requestMissingJobs(services, "distill", ids);
}

/**
 * Has the model learn lessons from a cluster's new failures, as small changes to its lessons. Where the model fails, or
 * the day's tokens are used up, explanations go on serving.
 */
export async function distillLessons(services: Distilling, { subject: clusterId }: Held): Promise<JobEnd> {
  const { db, clock } = services;
  if ((await tokensLeft(services, SHARE_OF_BUDGET)) <= 0) return DONE;
  const now = clock();
  const [cluster] = await db
    .update(clusters)
    .set({ distillDueAt: now + PAUSE_MS, unread: STILL_UNREAD })
    .where(and(eq(clusters.id, clusterId), lte(clusters.distillDueAt, now), isNull(clusters.mergedInto)))
    .returning();
  if (cluster === undefined) return DONE;
  const failures = await readNew(db, cluster);
  if (failures.length < FEWEST_NEW) return DONE;
  try {
    await countTokens(services, (model) => learnFrom({ ...services, model }, cluster, failures));
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    log.warn("not_distilled", { cluster_id: clusterId, code: error.code });
    await db
      .update(clusters)
      .set({ distillDueAt: error instanceof LimitError ? error.until : now + PAUSE_AFTER_FAILURE_MS })
      .where(eq(clusters.id, clusterId));
  }
  return DONE;
}

/**
 * Asks the model twice, each time about the failures of other customers: what a message of one side plants, the other
 * side's failures do not bear out. Cut off between the two, it reads all of them again.
 */
async function learnFrom(
  services: Distilling,
  cluster: typeof clusters.$inferSelect,
  failures: NewFailure[],
): Promise<void> {
  const { db } = services;
  let { guidanceVersion, lessonsRefused } = cluster;
  const unwanted = new Set<string>();
  const parts = partByCustomer(failures);
  const allRead = asRead(
    cluster,
    failures.map(({ id }) => id),
  );
  for (const [nth, part] of parts.entries()) {
    const lessons = await currentLessons(db, cluster.id);
    const heard = await readEvidence(db, [...new Set(lessons.flatMap((lesson) => lesson.heard))]);
    const proposal = await proposeChanges(services, cluster.topic, { lessons, heard, unwanted }, part);
    for (const id of proposal.unwanted) unwanted.add(id);
    lessonsRefused += proposal.refused.length;
    const version = await store(services, { id: cluster.id, guidanceVersion }, proposal, {
      learnedFrom: part.map(({ id }) => id),
      set: { lessonsRefused, ...(nth === parts.length - 1 && allRead) },
    });
    // Somebody edited or erased meanwhile: what is left is read again, next time, with the lessons as they are then.
    if (version === null) return;
    guidanceVersion = version;
  }
}

/** @returns the version of the lessons afterwards; null when somebody else changed them meanwhile */
async function store(
  services: Distilling,
  cluster: { id: string; guidanceVersion: number },
  { changes, refused }: Proposal,
  learned: { learnedFrom: string[]; set: SQLiteUpdateSetSource<typeof clusters> },
): Promise<number | null> {
  if (refused.length > 0)
    log.warn("lessons_refused", { cluster_id: cluster.id, count: refused.length, code: [...new Set(refused)] });
  if (changes.length === 0) {
    await services.db.update(clusters).set(learned.set).where(eq(clusters.id, cluster.id));
    return cluster.guidanceVersion;
  }
  const version = await changeLessons(services, cluster, changes, "model", learned);
  if (version !== null) await touchClusters(services, [{ clusterId: cluster.id }]);
  return version;
}

/** Those to be read once more first. Without personal data: lessons are for all customers, and so is what they are from. */
async function readNew(db: Db, cluster: typeof clusters.$inferSelect): Promise<NewFailure[]> {
  const [again, fresh] = await db.batch([
    selectExplained(db, cluster.id, isReadAgain(cluster)),
    selectExplained(db, cluster.id, isNew(cluster)),
  ]);
  return [...again, ...fresh]
    .slice(0, MOST_READ)
    .map(
      ({ knownNames, ...row }) =>
        recordWithoutPersonalData(row, ["message", "aiReply", "explanation", "corrected"], knownNames).record,
    );
}

function selectExplained(db: Db, clusterId: string, which: SQL) {
  return db
    .select({
      id: failedReplies.id,
      customerKey: failedReplies.customerKey,
      message: prompts.originalPrompt,
      aiReply: failedReplies.aiReply,
      explanation: failedReplies.failureExplanation,
      failure_category: failedReplies.failureCategory,
      corrected: improvements.correctedReply,
      knownNames: failedReplies.knownNames,
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .leftJoin(
      improvements,
      and(
        eq(improvements.failedReplyId, failedReplies.id),
        eq(improvements.isCurrent, true),
        // What a person rejected shows nobody how it is done.
        ne(improvements.reviewStatus, "rejected"),
      ),
    )
    .where(
      and(
        eq(failedReplies.clusterId, clusterId),
        which,
        isNotNull(failedReplies.failureExplanation),
        sql`${failedReplies.status} not in ('pending', 'correcting')`,
        // What speaks to the model teaches nothing. (`is not`: most have none.)
        sql`${failedReplies.suspicion} is not 'addresses_model'`,
      ),
    )
    .orderBy(asc(failedReplies.id))
    .limit(MOST_READ);
}

/** Without personal data as well: they are compared with those that are read now. */
async function readEvidence(db: Db, ids: string[]): Promise<Evidence[]> {
  const rows = await db
    .select({
      id: failedReplies.id,
      customerKey: failedReplies.customerKey,
      message: sql<string>`substr(${prompts.originalPrompt}, 1, ${COMPARED_CHARACTERS})`,
      knownNames: failedReplies.knownNames,
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .where(inArray(failedReplies.id, valuesOf(ids)));
  return rows.map(({ knownNames, ...row }) => recordWithoutPersonalData(row, ["message"], knownNames).record);
}
