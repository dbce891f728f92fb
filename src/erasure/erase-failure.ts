import { and, eq, gte, inArray, notExists, type SQL, sql } from "drizzle-orm";
import { forgetContexts } from "../clusters/context/read-context.ts";
import { clustersTaughtBy, eraseFromLessons } from "../clusters/lessons/erase-lessons.ts";
import type { Db } from "../db/client.ts";
import { erasures } from "../db/schema/erasure.ts";
import { exportCheckpoints, exportsTable } from "../db/schema/exports.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { comparisonCases, fineTunes } from "../db/schema/fine-tunes.ts";
import { improvements } from "../db/schema/improvements.ts";
import { jobs } from "../db/schema/jobs.ts";
import { withdrawnFailures } from "../db/schema/withdrawals.ts";
import { DATA_FILES, fileKey } from "../exports/export-state.ts";
import { askFor, dropJob, restartJobs } from "../jobs/ask-for.ts";
import { DONE, type Job } from "../jobs/job.ts";
import { sha256Hex } from "../lib/text.ts";
import { MINUTE, toRfc3339 } from "../lib/time.ts";
import { readBotModelChanges } from "../prompts/bot-model.ts";
import type { Services } from "../services.ts";
import { exportsThatHold, IS_GUIDED } from "./exports-that-hold.ts";
import type { ErasureOutput } from "./schemas.ts";

type Erasing = Pick<Services, "db" | "bucket" | "clock" | "clusters">;

/**
 * Erases a failure: its texts leave D1 at once, the lessons learned from it alone with them, together with the claim
 * of every export that is being written; then the contexts, and the files of exports that held it. Its attempts keep their numbers, which hold no text. Erasing
 * twice answers the same.
 * @returns null when there never was such a failure
 */
export async function eraseFailure(services: Erasing, failureId: string): Promise<ErasureOutput | null> {
  const known = await readErasure(services.db, failureId);
  if (known === null && !(await removeRows(services, failureId))) return null;
  await finishErasure(services, failureId);
  return toOutput(services.db, failureId);
}

async function readErasure(db: Db, failureId: string) {
  const [row] = await db.select().from(erasures).where(eq(erasures.failedReplyId, failureId));
  return row ?? null;
}

/** Everything in D1, in one transaction. @returns false when there is no such failure */
async function removeRows({ db, clock }: Erasing, failureId: string): Promise<boolean> {
  const [[failure], made] = await db.batch([
    db
      .select({
        promptId: failedReplies.promptId,
        // One that was withdrawn before has its cluster in the record of that.
        clusterId: sql<string | null>`coalesce(${failedReplies.clusterId}, (select max(w.cluster_id)
          from ${withdrawnFailures} w where w.failed_reply_id = ${failureId}))`.as("known_cluster"),
        failureCategory: failedReplies.failureCategory,
        externalId: failedReplies.externalId,
        explained: sql<number>`${failedReplies.failureExplanation} is not null`.as("explained"),
      })
      .from(failedReplies)
      .where(eq(failedReplies.id, failureId)),
    db
      .select({ seq: improvements.seq })
      .from(improvements)
      .where(eq(improvements.failedReplyId, failureId))
      .orderBy(improvements.seq),
  ]);
  if (failure === undefined) return false;
  const oldest = made[0]?.seq ?? Number.MAX_SAFE_INTEGER;
  const { promptId, clusterId, failureCategory, externalId } = failure;
  const externalIdHash = externalId === null ? null : await sha256Hex(externalId);
  await db.batch([
    db
      .insert(erasures)
      .values({
        ...{ failedReplyId: failureId, clusterId, failureCategory, externalIdHash, erasedAt: clock() },
        // Explanations serve as lessons as they are, where there are none yet.
        taughtClusterIds: clustersTaughtBy(failureId, failure.explained ? clusterId : null),
        improvementSeqs: made.map(({ seq }) => seq),
        exportIds: [],
      })
      .onConflictDoNothing(),
    // Should this worker die before the rest is done.
    askFor(db, "erasure", failureId, clock() + MINUTE),
    ...beginAgain({ db, clock }, gte(exportsTable.boundary, oldest)),
    // The replies that models gave to it, and what the judge said of them. The ratings hold no text and stay.
    db
      .update(comparisonCases)
      .set({
        ...{ baseReply: null, tunedReply: null, judgement: null },
        status: sql`case when ${comparisonCases.status} = 'open' then 'unscored' else ${comparisonCases.status} end`,
        reasonCode: sql`case when ${comparisonCases.status} = 'open' then 'erased' else ${comparisonCases.reasonCode} end`,
      })
      .where(eq(comparisonCases.failedReplyId, failureId)),
    ...eraseFromLessons(db, failureId),
    db.delete(improvements).where(eq(improvements.failedReplyId, failureId)),
    db.delete(failedReplies).where(eq(failedReplies.id, failureId)),
    db
      .delete(prompts)
      .where(
        and(
          eq(prompts.id, promptId),
          notExists(db.select({ one: sql`1` }).from(failedReplies).where(eq(failedReplies.promptId, promptId))),
        ),
      ),
  ]);
  return true;
}

/**
 * Statements: an export being written may have read what is erased. Its writer loses the claim, and the next one
 * begins again from the first row; so does one that is between two tries, whose checkpoint may hold it.
 */
export function beginAgain({ db, clock }: Pick<Erasing, "db" | "clock">, which: SQL) {
  const mayHold = db
    .select({ id: exportsTable.id })
    .from(exportsTable)
    .where(and(inArray(exportsTable.status, ["queued", "running"]), which));
  return [
    db.update(exportCheckpoints).set({ discarded: true }).where(inArray(exportCheckpoints.exportId, mayHold)),
    db.update(exportsTable).set({ cursor: null }).where(inArray(exportsTable.id, mayHold)),
    restartJobs(db, "export", inArray(jobs.subject, mayHold), clock()),
  ] as const;
}

/** What D1's transaction cannot reach. Each step can be done again. */
async function finishErasure(services: Erasing, failureId: string): Promise<void> {
  const { db, bucket, clock } = services;
  const erasure = await readErasure(db, failureId);
  if (erasure === null || erasure.finishedAt !== null) return;
  const taught = erasure.taughtClusterIds ?? [];
  // Before the files: one that is written from here on is given the contexts without it.
  await forgetContexts(services, [erasure, ...taught.map((clusterId) => ({ clusterId, failureCategory: null }))]);
  // Guided lines carry what a whole cluster was taught: one begun before this may have read the contexts as they were.
  if (taught.length > 0) await db.batch(beginAgain(services, IS_GUIDED));
  const held = await exportsThatHold(services, failureId, erasure.improvementSeqs, taught);
  for (const row of held) {
    await db.batch([
      db.update(exportsTable).set({ staleAt: clock(), staleReason: null }).where(eq(exportsTable.id, row.id)),
      // Named before the files go, so that a second try, which finds no files, still knows.
      db
        .update(erasures)
        .set({ exportIds: [...new Set([...erasure.exportIds, ...held.map(({ id }) => id)])] })
        .where(eq(erasures.failedReplyId, failureId)),
    ]);
    await bucket.delete(DATA_FILES.map((file) => fileKey(row, file)));
  }
  await db.batch([
    db.update(erasures).set({ finishedAt: clock() }).where(eq(erasures.failedReplyId, failureId)),
    dropJob(db, "erasure", failureId),
  ]);
}

async function toOutput(db: Db, failureId: string): Promise<ErasureOutput | null> {
  const erasure = await readErasure(db, failureId);
  if (erasure === null) return null;
  const trained = await db
    .select({ id: fineTunes.id, exportId: fineTunes.exportId, model: fineTunes.model, status: fineTunes.status })
    .from(fineTunes)
    .where(inArray(fineTunes.exportId, erasure.exportIds));
  const [live] = await readBotModelChanges(db, 1);
  return {
    id: failureId,
    erased_at: toRfc3339(erasure.erasedAt),
    exports: erasure.exportIds.map((id) => ({ id, rebuild: `/v1/exports/${id}/rebuild` })),
    fine_tunes: trained.map(({ id, exportId, ...told }) => ({
      ...{ id, export_id: exportId, ...told, is_bot_model: live?.fineTuneId === id },
    })),
  };
}

/** An erasure that was cut off. It is never given up: what was erased must be gone. */
export const erasureJob: Job = {
  async run(services, { subject }) {
    await finishErasure(services, subject);
    return DONE;
  },
  mostTries: Number.POSITIVE_INFINITY,
};
