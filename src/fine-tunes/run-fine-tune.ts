import { and, eq, lte, sql } from "drizzle-orm";
import { exportsTable } from "../db/schema/exports.ts";
import { type FineTuneStatus, type FineTuneUploads, fineTunes, type LossPoint } from "../db/schema/fine-tunes.ts";
import { fileKey } from "../exports/export-state.ts";
import { log } from "../lib/log.ts";
import { HOUR, MINUTE, SECOND } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { createProvider, type FineTuneProvider, ProviderError, type ProviderEvent } from "./provider.ts";
import { dropUploads, UPLOAD_LIMITS, type UploadLimits, uploadFile } from "./upload-file.ts";

type Running = Pick<Services, "db" | "clock" | "bucket" | "config">;
type Row = typeof fineTunes.$inferSelect;

/** A worker that did not come back within this time is taken for dead: a consumer lives 15 minutes. */
const LEASE_MS = 16 * MINUTE;

/** Jobs take minutes to hours. */
const POLL_MS = 30 * SECOND;

/** After a fault that may pass; doubling up to an hour. */
const FIRST_WAIT_MS = 30 * SECOND;

/** Faults in a row: about a day. */
const MOST_FAULTS = 30;

/** What is kept of a job's events. */
const MOST_EVENTS = 200;

/**
 * Takes a fine-tune one step further: uploads its files, starts its job, or looks how the job is doing. What a worker
 * that died had done is found again, at the provider too, so that no job is started twice.
 */
export async function runFineTune(services: Running, id: string, limits: UploadLimits = UPLOAD_LIMITS): Promise<void> {
  const { db, clock, config } = services;
  const now = clock();
  const [row] = await db
    .update(fineTunes)
    .set({ attempts: sql`${fineTunes.attempts} + 1`, dueAt: now + LEASE_MS })
    .where(and(eq(fineTunes.id, id), lte(fineTunes.dueAt, now)))
    .returning();
  if (row === undefined) return;
  const provider = createProvider(config);
  try {
    if (row.status === "uploading") await upload(services, provider, row, limits);
    else if (row.status === "starting") await startJob(services, provider, row);
    else await follow(services, provider, row);
  } catch (error) {
    if (!(error instanceof Overtaken)) await afterFault(services, provider, row, error);
  }
}

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

async function upload(services: Running, provider: FineTuneProvider, row: Row, limits: UploadLimits): Promise<void> {
  const [source] = await services.db.select().from(exportsTable).where(eq(exportsTable.id, row.exportId));
  if (source?.status !== "done" || source.staleAt !== null || source.generation !== row.generation)
    throw new ProviderError("invalid", "The export was erased, rebuilt or deleted before its file was uploaded.");
  const uploads: FineTuneUploads = structuredClone(row.uploads);
  const training = fileKey({ id: row.exportId, generation: row.generation }, "training_data.jsonl");
  const validation = fileKey({ id: row.exportId, generation: row.generation }, "validation_data.jsonl");
  const save = () => keep(services, row, { uploads });
  const sending = { bucket: services.bucket, provider, limits };
  try {
    uploads.training ??= {};
    await uploadFile(sending, training, uploads.training, save);
    if ((source.files?.["validation_data.jsonl"]?.rows ?? 0) > 0) {
      uploads.validation ??= {};
      await uploadFile(sending, validation, uploads.validation, save);
    }
  } catch (error) {
    if (error instanceof Overtaken) await dropUploads(provider, uploads);
    throw error;
  }
  await keep(services, row, { status: "starting", uploads, dueAt: services.clock(), attempts: 0 });
  await startJob(services, provider, { ...row, status: "starting", uploads });
}

async function startJob(services: Running, provider: FineTuneProvider, row: Row): Promise<void> {
  const { training, validation } = row.uploads;
  const files = { training: training?.file_id ?? "", validation: validation?.file_id ?? null, tag: row.id };
  const job = (await provider.findJob(row.id)) ?? (await provider.startJob(row.options, files));
  try {
    await keep(services, row, {
      ...{ status: "running", jobId: job.id, providerStatus: job.status, attempts: 0 },
      dueAt: services.clock() + POLL_MS,
    });
  } catch (error) {
    // Who cancelled it knew of no job yet; left alone it would train, and be paid for.
    if (error instanceof Overtaken) await provider.cancelJob(job.id);
    throw error;
  }
}

const ENDINGS: Record<string, FineTuneStatus> = { succeeded: "succeeded", failed: "failed", cancelled: "cancelled" };

async function follow(services: Running, provider: FineTuneProvider, row: Row): Promise<void> {
  const [job, events] = await Promise.all([provider.getJob(row.jobId ?? ""), provider.listEvents(row.jobId ?? "")]);
  // States that nobody knows yet are waited through.
  const ending = ENDINGS[job.status];
  const now = services.clock();
  await keep(services, row, {
    ...{
      providerStatus: job.status,
      model: job.model,
      trainedTokens: job.trainedTokens,
      error: job.error,
      attempts: 0,
    },
    ...{ events: mergeEvents(row.events, events), loss: mergeLoss(row.loss, events) },
    ...(ending === undefined ? { dueAt: now + POLL_MS } : { status: ending, dueAt: null, finishedAt: now }),
  });
}

/** Known events and new ones, each once, the newest of them. */
export function mergeEvents(known: Row["events"], events: ProviderEvent[]): Row["events"] {
  const told = new Map(known.map((event) => [`${event.at} ${event.message}`, event]));
  for (const { at, level, message } of events) told.set(`${at} ${message}`, { at, level, message });
  return [...told.values()].toSorted((a, b) => a.at - b.at).slice(-MOST_EVENTS);
}

/** The loss curve, a point a step. */
export function mergeLoss(known: LossPoint[], events: ProviderEvent[]): LossPoint[] {
  const points = new Map(known.map((point) => [point.step, point]));
  for (const { step, trainLoss, validLoss } of events) {
    if (step !== null && (trainLoss !== null || validLoss !== null))
      points.set(step, { step, train_loss: trainLoss, valid_loss: validLoss });
  }
  return [...points.values()].toSorted((a, b) => a.step - b.step);
}

async function afterFault(services: Running, provider: FineTuneProvider, row: Row, error: unknown): Promise<void> {
  const { clock } = services;
  const said = error instanceof ProviderError;
  if (!said) log.error("fine_tune_fault", { fine_tune_id: row.id }, error);
  const message = said ? error.message : "It failed on our side; the logs say why.";
  // The state may have moved on from `uploading` within this run.
  const now = clock();
  const passing = (!said || error.kind === "retry") && row.attempts < MOST_FAULTS;
  const wait = Math.min(HOUR, FIRST_WAIT_MS * 2 ** Math.min(row.attempts, 10));
  const [left] = await services.db
    .update(fineTunes)
    .set(
      passing
        ? { dueAt: now + wait, error: message }
        : { status: "failed" as const, dueAt: null, finishedAt: now, error: message },
    )
    .where(and(eq(fineTunes.id, row.id), sql`${fineTunes.dueAt} is not null`))
    .returning({ uploads: fineTunes.uploads });
  if (!passing && left !== undefined) await dropUploads(provider, left.uploads);
}

/** Ends a fine-tune, at the provider too. Cancelling what is over changes nothing. */
export async function cancelFineTune(services: Running, id: string): Promise<void> {
  const { db, clock, config } = services;
  const [row] = await db
    .update(fineTunes)
    .set({ status: "cancelled", dueAt: null, finishedAt: clock() })
    .where(and(eq(fineTunes.id, id), sql`${fineTunes.dueAt} is not null`))
    .returning();
  if (row === undefined) return;
  const provider = createProvider(config);
  if (row.jobId) await provider.cancelJob(row.jobId);
  else await dropUploads(provider, row.uploads);
}

/** Sends the message for fine-tunes that are due. For the sweep. */
export async function resumeFineTunes({ db, clock, jobs }: Pick<Services, "db" | "clock" | "jobs">): Promise<number> {
  const due = await db.select({ id: fineTunes.id }).from(fineTunes).where(lte(fineTunes.dueAt, clock()));
  for (const { id } of due) await jobs.send({ job: "fine_tune", fine_tune_id: id });
  return due.length;
}
