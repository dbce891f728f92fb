import { and, eq, inArray } from "drizzle-orm";
import { valuesOf } from "../db/client.ts";
import { fineTunes } from "../db/schema/fine-tunes.ts";
import { askFor } from "../jobs/ask-for.ts";
import { DONE, type JobEnd } from "../jobs/job.ts";
import { wakeJobs } from "../jobs/wake-jobs.ts";
import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import { ENDINGS, end, endWhere, isOpen, keep, POLL_MS, type Row, type Running } from "./fine-tune-state.ts";
import { type FineTuneProvider, ProviderError } from "./provider.ts";

/**
 * Has fine-tunes cancelled, at the provider too; the job does it, for as long as the provider is down. Cancelling what
 * is over, or being cancelled, changes nothing.
 * @param why may be shown; null: somebody asked for it
 */
export async function cancelFineTunes(
  services: Pick<Services, "db" | "clock" | "jobs">,
  ids: string[],
  why: string | null,
): Promise<void> {
  const { db, clock } = services;
  const [, ...asked] = await db.batch([
    db
      .update(fineTunes)
      .set({ status: "cancelling", error: why })
      .where(
        and(inArray(fineTunes.id, valuesOf(ids)), inArray(fineTunes.status, ["uploading", "starting", "running"])),
      ),
    ...ids.map((id) => askFor(db, "fine_tune", id, clock())),
  ]);
  if (asked.length > 0)
    await wakeJobs(
      services,
      ids.map((subject) => ({ kind: "fine_tune", subject })),
    );
}

/**
 * One step of a fine-tune that is to end. A job that a worker started and did not live to know is found by its tag.
 * The worker that may be at it meanwhile holds the fine-tune's job, as this one does later: they never cross.
 */
export async function cancelAtProvider(services: Running, provider: FineTuneProvider, row: Row): Promise<JobEnd> {
  const jobId = row.jobId ?? (await findStarted(provider, row));
  if (jobId === null) {
    await end(services, row, { status: "cancelled" });
    return DONE;
  }
  if (row.jobId === null) await keep(services, row, { jobId });
  const job = await cancelJob(provider, jobId);
  const { status: providerStatus, fine_tuned_model: model, trained_tokens: trainedTokens } = job;
  const over = ENDINGS.some((status) => status === providerStatus);
  if (!over) {
    await keep(services, row, { providerStatus });
    return { end: "again", at: services.clock() + POLL_MS };
  }
  // It may have been trained before it heard of it: then there is a model, and that is what has to be said.
  const status = providerStatus === "succeeded" ? "succeeded" : "cancelled";
  await end(services, row, { status, providerStatus, model, trainedTokens });
  return DONE;
}

/** Before all files were there no job can have been started. */
async function findStarted(provider: FineTuneProvider, { id, uploads }: Row): Promise<string | null> {
  if (uploads.training?.file_id === undefined) return null;
  return (await provider.findJob(id))?.id ?? null;
}

/** @returns the job as it is after that; one that the provider does not know is cancelled */
async function cancelJob(provider: FineTuneProvider, jobId: string) {
  try {
    await provider.cancelJob(jobId);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== "invalid") throw error;
    // It is over already, or there is none: the look at it says which.
    log.info("job_not_cancelled", { job_id: jobId }, error);
  }
  try {
    return await provider.getJob(jobId);
  } catch (error) {
    if (error instanceof ProviderError && error.isMissing)
      return { status: "cancelled", fine_tuned_model: null, trained_tokens: null };
    throw error;
  }
}

/**
 * After the last try. What may be training at a provider that is down is cancelled as soon as it is up again: left
 * alone, it would be paid for.
 */
export async function giveUpFineTune(services: Services, id: string, error: string): Promise<void> {
  const failed = await endWhere(services, id, and(isOpen(id), eq(fineTunes.status, "uploading")), {
    ...{ status: "failed", error },
  });
  // Asked for again, so that a cancellation is tried for as long as it takes.
  if (!failed) await cancelFineTunes(services, [id], error);
}
