import { and, eq, isNull } from "drizzle-orm";
import { exportsTable } from "../db/schema/exports.ts";
import { type FineTuneStatus, type FineTuneUploads, fineTunes, type LossPoint } from "../db/schema/fine-tunes.ts";
import { fileKey } from "../exports/export-state.ts";
import { dropJob } from "../jobs/ask-for.ts";
import { triesOf } from "../jobs/hold.ts";
import { DONE, type Held, type Job, type JobEnd } from "../jobs/job.ts";
import { SECOND } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { createProvider, type FineTuneProvider, ProviderError } from "./provider.ts";
import type { ProviderEvent } from "./provider-answers.ts";
import { forgetDeliveries } from "./receive-webhook.ts";
import { dropUploads, UPLOAD_LIMITS, type UploadLimits, uploadFile } from "./upload-file.ts";

type Running = Pick<Services, "db" | "clock" | "bucket" | "config">;
type Row = typeof fineTunes.$inferSelect;

/** Jobs take minutes to hours. */
const POLL_MS = 30 * SECOND;

/** What is kept of a job's events. */
const MOST_EVENTS = 200;

/** The newest points of the loss curve that are kept: what a row has room for. */
const MOST_POINTS = 10_000;

/** A fine-tune that is uploaded, started and followed. A server that is down is waited for, about a day. */
export const fineTuneJob: Job = {
  run: runFineTune,
  mostTries: 30,
  giveUp: failFineTune,
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
    if (row.status === "uploading") return await upload(services, provider, row, { held, limits });
    if (row.status === "starting") return await startJob(services, provider, row, held);
    return await follow(services, provider, row);
  } catch (error) {
    if (error instanceof Overtaken) return DONE;
    if (!(error instanceof ProviderError)) throw error;
    if (error.kind !== "retry") {
      await failFineTune(services, id, error.message);
      return DONE;
    }
    await db.update(fineTunes).set({ error: error.message }).where(isOpen(id));
    return { end: "stuck", reason: error.message };
  }
}

const isOpen = (id: string) => and(eq(fineTunes.id, id), isNull(fineTunes.finishedAt));

/** Somebody cancelled it meanwhile: there is nothing more to do, and nothing to say. */
class Overtaken extends Error {}

/** @throws Overtaken when the fine-tune is no longer in the state it was taken in */
async function keep({ db }: Running, row: Row, changes: Partial<Row>): Promise<void> {
  const kept = await db
    .update(fineTunes)
    .set(changes)
    .where(and(eq(fineTunes.id, row.id), eq(fineTunes.status, row.status)))
    .returning({ id: fineTunes.id });
  if (kept.length === 0) throw new Overtaken();
}

async function upload(
  services: Running,
  provider: FineTuneProvider,
  row: Row,
  { held, limits }: { held: Held; limits: UploadLimits },
): Promise<JobEnd> {
  const [source] = await services.db.select().from(exportsTable).where(eq(exportsTable.id, row.exportId));
  if (source?.status !== "done" || source.staleAt !== null || source.generation !== row.generation)
    throw new ProviderError("invalid", "The export was erased, rebuilt or deleted before its file was uploaded.");
  const uploads: FineTuneUploads = structuredClone(row.uploads);
  const save = () => keep(services, row, { uploads });
  const send = (name: "training" | "validation") => {
    uploads[name] ??= {};
    const key = fileKey(source, `${name}_data.jsonl`);
    return uploadFile({ bucket: services.bucket, provider, limits }, key, uploads[name], save);
  };
  try {
    await send("training");
    if (source.validationRows > 0) await send("validation");
  } catch (error) {
    if (error instanceof Overtaken) await dropUploads(provider, uploads);
    throw error;
  }
  await keep(services, row, { status: "starting", uploads });
  return startJob(services, provider, { ...row, status: "starting", uploads }, held);
}

async function startJob(services: Running, provider: FineTuneProvider, row: Row, held: Held): Promise<JobEnd> {
  const { training, validation } = row.uploads;
  const files = { training: training?.file_id ?? "", validation: validation?.file_id, tag: row.id };
  let job = await provider.findJob(row.id);
  if (job === undefined) {
    // A worker that lost its lease meanwhile must not start a second job, which would be paid for too.
    if ((await triesOf(services.db, held)) === null) throw new Overtaken();
    job = await provider.startJob(row.options, files);
  }
  try {
    await keep(services, row, { status: "running", jobId: job.id, providerStatus: job.status });
  } catch (error) {
    // It was cancelled before its job was known; left alone, the job would train and be paid for. Unless another
    // worker took over and found the same job.
    if (error instanceof Overtaken && !(await knowsJob(services, row.id, job.id))) await provider.cancelJob(job.id);
    throw error;
  }
  return { end: "again", at: services.clock() + POLL_MS };
}

async function knowsJob({ db }: Running, id: string, jobId: string): Promise<boolean> {
  const which = and(eq(fineTunes.id, id), eq(fineTunes.jobId, jobId));
  return (await db.select({ id: fineTunes.id }).from(fineTunes).where(which)).length > 0;
}

const ENDINGS: FineTuneStatus[] = ["succeeded", "failed", "cancelled"];

async function follow(services: Running, provider: FineTuneProvider, row: Row): Promise<JobEnd> {
  const [job, events] = await Promise.all([provider.getJob(row.jobId ?? ""), provider.listEvents(row.jobId ?? "")]);
  // States that nobody knows yet are waited through.
  const ending = ENDINGS.find((status) => status === job.status);
  const now = services.clock();
  await keep(services, row, {
    ...{ providerStatus: job.status, model: job.fine_tuned_model, trainedTokens: job.trained_tokens },
    ...{
      error: job.error?.message ?? null,
      events: mergeEvents(row.events, events),
      loss: mergeLoss(row.loss, events),
    },
    ...(ending && { status: ending, finishedAt: now }),
  });
  return ending ? DONE : { end: "again", at: now + POLL_MS };
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

async function failFineTune(services: Running, id: string, error: string): Promise<void> {
  const { db, clock, config } = services;
  const [failed] = await db
    .update(fineTunes)
    .set({ status: "failed", finishedAt: clock(), error })
    .where(isOpen(id))
    .returning({ uploads: fineTunes.uploads });
  if (failed !== undefined) await dropUploads(createProvider(config), failed.uploads);
}

/** Ends a fine-tune, at the provider too. Cancelling what is over changes nothing. */
export async function cancelFineTune(services: Running, id: string): Promise<void> {
  const { db, clock, config } = services;
  const [[row]] = await db.batch([
    db.update(fineTunes).set({ status: "cancelled", finishedAt: clock() }).where(isOpen(id)).returning(),
    dropJob(db, "fine_tune", id),
  ]);
  if (row === undefined) return;
  const provider = createProvider(config);
  if (row.jobId) await provider.cancelJob(row.jobId);
  else await dropUploads(provider, row.uploads);
}
