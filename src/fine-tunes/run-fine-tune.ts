import { and, eq, isNull, ne, or } from "drizzle-orm";
import { exportsTable } from "../db/schema/exports.ts";
import { type FineTuneUploads, fineTunes, type LossPoint } from "../db/schema/fine-tunes.ts";
import { fileKey } from "../exports/export-state.ts";
import { triesOf } from "../jobs/hold.ts";
import { DONE, type Held, type Job, type JobEnd } from "../jobs/job.ts";
import { log } from "../lib/log.ts";
import { SECOND } from "../lib/time.ts";
import { cancelAtProvider, giveUpFineTune } from "./cancel-fine-tune.ts";
import { waitForErasures } from "./erase-from-fine-tunes.ts";
import { ENDINGS, end, endWhere, isOpen, keep, Overtaken, POLL_MS, type Row, type Running } from "./fine-tune-state.ts";
import { keepLists } from "./keep-lists.ts";
import { createProvider, type FineTuneProvider, ProviderError } from "./provider.ts";
import type { ProviderEvent } from "./provider-answers.ts";
import { noteFiles } from "./provider-files.ts";
import { forgetDeliveries } from "./receive-webhook.ts";
import { fileNameOf, UPLOAD_LIMITS, type UploadLimits, uploadFile } from "./upload-file.ts";

/** What is kept of a job's events. */
const MOST_EVENTS = 200;

/** The newest points of the loss curve that are kept: what a row has room for. */
const MOST_POINTS = 10_000;

/** A fine-tune that is uploaded, started and followed. A server that is down is waited for, about a day. */
export const fineTuneJob: Job = {
  run: runFineTune,
  mostTries: 30,
  giveUp: giveUpFineTune,
  sweep: forgetDeliveries,
};

/**
 * Takes a fine-tune one step further: uploads its files, starts its job, or looks how the job is doing. What a worker
 * that died had done is found again, at the provider too, so that no job is started twice.
 */
export async function runFineTune(
  services: Running,
  held: Held,
  limits: UploadLimits = UPLOAD_LIMITS,
): Promise<JobEnd> {
  const { db, config } = services;
  const id = held.subject;
  const [row] = await db.select().from(fineTunes).where(isOpen(id));
  if (row === undefined) return DONE;
  const provider = createProvider(config);
  try {
    switch (row.status) {
      case "uploading":
        return await upload(services, provider, row, { held, limits });
      case "starting":
        return await startJob(services, provider, row, held);
      case "cancelling":
        return await cancelAtProvider(services, provider, row);
      default:
        return await follow(services, provider, row);
    }
  } catch (error) {
    // What was done meanwhile was asked for: the job comes back to it.
    if (error instanceof Overtaken) return DONE;
    if (!(error instanceof ProviderError)) throw error;
    return afterFault(services, row, error);
  }
}

async function afterFault(services: Running, { id, status }: Row, error: ProviderError): Promise<JobEnd> {
  const { db } = services;
  if (status === "cancelling") {
    // Its error says why it is cancelled. That must not end before the provider knows.
    log.warn("fine_tune_not_cancelled", { fine_tune_id: id }, error);
    return { end: "stuck", reason: error.message };
  }
  const isUnchanged = and(isOpen(id), ne(fineTunes.status, "cancelling"));
  if (error.kind !== "retry") {
    await endWhere(services, id, isUnchanged, { status: "failed", error: error.message });
    return DONE;
  }
  await db.update(fineTunes).set({ error: error.message }).where(isUnchanged);
  return { end: "stuck", reason: error.message };
}

async function upload(
  services: Running,
  provider: FineTuneProvider,
  row: Row,
  { held, limits }: { held: Held; limits: UploadLimits },
): Promise<JobEnd> {
  const [source] = await services.db.select().from(exportsTable).where(eq(exportsTable.id, row.exportId));
  if (source?.status !== "done" || source.staleAt !== null || source.generation !== row.generation)
    throw new ProviderError(
      "invalid",
      "The export was erased, withdrawn, rebuilt or deleted before its file was uploaded.",
    );
  // Before any file goes: an erasure has to find what was sent.
  const sidecarBytes = row.sidecarBytes ?? (await keepLists(services, row.id, source));
  if (sidecarBytes === null) throw new ProviderError("invalid", "The export's list of improvements is gone.");
  await keep(services, row, { sidecarBytes });
  const uploads: FineTuneUploads = structuredClone(row.uploads);
  const save = async () => {
    // Noted in any case: somebody may be waiting to delete it.
    await noteFiles(services, row.id, uploads);
    await keep(services, row, { uploads });
  };
  for (const name of source.validationRows > 0 ? (["training", "validation"] as const) : (["training"] as const)) {
    const at = await waitForErasures(services, row);
    if (at !== null) return { end: "wait", at };
    uploads[name] ??= {};
    const file = `${name}_data.jsonl` as const;
    const what = { key: fileKey(source, file), name: fileNameOf(row.id, file) };
    await uploadFile({ bucket: services.bucket, provider, limits }, what, uploads[name], save);
  }
  await keep(services, row, { status: "starting", uploads });
  return startJob(services, provider, { ...row, status: "starting", uploads }, held);
}

async function startJob(services: Running, provider: FineTuneProvider, row: Row, held: Held): Promise<JobEnd> {
  const { db, clock } = services;
  const { training, validation } = row.uploads;
  const files = { training: training?.file_id ?? "", validation: validation?.file_id, tag: row.id };
  let job = await provider.findJob(row.id);
  if (job === undefined) {
    const at = await waitForErasures(services, row);
    if (at !== null) return { end: "wait", at };
    // Another worker must not start a second job, which would be paid for too, and none be started once it is cancelled.
    await keep(services, row, { status: "starting" });
    if ((await triesOf(db, held)) === null) throw new Overtaken();
    job = await provider.startJob(row.options, files);
  }
  if (!(await noteJob(services, row.id, job.id))) {
    // Left alone, it would train and be paid for.
    await provider.cancelJob(job.id);
    throw new Overtaken();
  }
  await keep(services, row, { status: "running", providerStatus: job.status });
  return { end: "again", at: clock() + POLL_MS };
}

/**
 * Keeps a job with its fine-tune, one that is being cancelled too: it has this job to cancel.
 * @returns whether that is its job now; not where it is over, or another worker started another one
 */
async function noteJob({ db }: Running, id: string, jobId: string): Promise<boolean> {
  const isMine = or(isNull(fineTunes.jobId), eq(fineTunes.jobId, jobId));
  const noted = await db
    .update(fineTunes)
    .set({ jobId })
    .where(and(isOpen(id), isMine))
    .returning({ id: fineTunes.id });
  return noted.length > 0;
}

async function follow(services: Running, provider: FineTuneProvider, row: Row): Promise<JobEnd> {
  const [job, events] = await Promise.all([provider.getJob(row.jobId ?? ""), provider.listEvents(row.jobId ?? "")]);
  // States that nobody knows yet are waited through.
  const ending = ENDINGS.find((status) => status === job.status);
  const changes = {
    ...{ providerStatus: job.status, model: job.fine_tuned_model, trainedTokens: job.trained_tokens },
    error: job.error?.message ?? null,
    events: mergeEvents(row.events, events),
    loss: mergeLoss(row.loss, events),
  };
  if (ending === undefined) {
    await keep(services, row, changes);
    return { end: "again", at: services.clock() + POLL_MS };
  }
  await end(services, row, { ...changes, status: ending });
  return DONE;
}

/** Known events and new ones, each once, the newest of them. */
function mergeEvents(known: Row["events"], events: ProviderEvent[]): Row["events"] {
  const fresh = events.map(({ created_at, level, message }) => ({ at: created_at * SECOND, level, message }));
  const each = new Map([...known, ...fresh].map((event) => [`${event.at} ${event.message}`, event]));
  return [...each.values()].toSorted((a, b) => a.at - b.at).slice(-MOST_EVENTS);
}

/** The loss curve, a point a step. */
function mergeLoss(known: LossPoint[], events: ProviderEvent[]): LossPoint[] {
  const points = new Map(known.map((point) => [point.step, point]));
  for (const { data } of events) {
    const [train_loss, valid_loss] = [data?.train_loss ?? null, data?.valid_loss ?? data?.full_valid_loss ?? null];
    if (data?.step != null && (train_loss ?? valid_loss) !== null)
      points.set(data.step, { step: data.step, train_loss, valid_loss });
  }
  return [...points.values()].toSorted((a, b) => a.step - b.step).slice(-MOST_POINTS);
}
