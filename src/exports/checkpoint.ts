import { and, eq, exists, notInArray, sql } from "drizzle-orm";
import { type Db, rowsFromJson } from "../db/client.ts";
import { exportCheckpoints, exportsTable } from "../db/schema/exports.ts";
import { isHeld, noteProgress } from "../jobs/hold.ts";
import type { Held } from "../jobs/job.ts";
import { log } from "../lib/log.ts";
import { retryD1 } from "../lib/retry-d1.ts";
import type { Services } from "../services.ts";
import { type TokenSums, tokensOf } from "./estimate-tokens.ts";
import { exportPrefix, fileKey, generationOf } from "./export-state.ts";
import type { SegmentLengths } from "./segment.ts";

/** What was counted so far. */
export interface ExportCounts {
  rows: number;
  validationRows: number;
  bytes: number;
  tokens: TokenSums;
  skipped: Record<string, number>;
  redacted: number;
  repaired: number;
  /** Lines per model, judge and rubric: `[model, judge, rubric]` as JSON. */
  versions: Record<string, number>;
  /** Lines that were not looked up among all before them: by then more had come in than can be remembered. */
  unchecked?: number;
  /** Where some lines are held out: how many groups of near duplicates those are, and how many drawn lines were moved. */
  split?: { groups: number; moved: number };
}

/** How segments are written; to be raised with every change to them, or to the hashes in them. */
export const SEGMENT_FORMAT = 4;

/** Where a run can go on: everything up to `cursor` is in `parts` and in the segments. */
export interface Checkpoint {
  /** An export that another version of the program began starts over. */
  format: number;
  generation: number;
  uploadId: string | null;
  parts: R2UploadedPart[];
  segments: SegmentLengths[];
  cursor: number;
  counts: ExportCounts;
  /** All rows are in; what is left is to seal the files. */
  finished: boolean;
  /** Of the training file, where one run wrote all of it. */
  sha256?: string | null;
}

/** Somebody erased, cancelled or took over: this run must not write any more. */
export class ClaimLost extends Error {
  constructor(exportId: string) {
    super(`the export ${exportId} is no longer ours`);
    this.name = "ClaimLost";
  }
}

export interface Claim {
  id: string;
  held: Held;
}

/** SQL: the run that holds this claim still may write. */
export function holds(db: Db, { id, held }: Claim) {
  return and(eq(exportsTable.id, id), eq(exportsTable.status, "running"), isHeld(db, held));
}

export async function readCheckpoint(
  db: Db,
  exportId: string,
): Promise<{ state: Checkpoint; discarded: boolean } | null> {
  const [row] = await db.select().from(exportCheckpoints).where(eq(exportCheckpoints.exportId, exportId));
  // Written by `saveCheckpoint` alone.
  return row ? { state: row.state as Checkpoint, discarded: row.discarded } : null;
}

/**
 * Keeps a checkpoint and tells how far the export is, only while the claim holds.
 * @throws ClaimLost
 */
export async function saveCheckpoint({ db }: Pick<Services, "db">, claim: Claim, state: Checkpoint): Promise<void> {
  const stillOurs = exists(db.select({ one: sql`1` }).from(exportsTable).where(holds(db, claim)));
  const { rows, validationRows, bytes, tokens, skipped, redacted } = state.counts;
  const [, ours] = await retryD1(() =>
    db.batch([
      db
        .insert(exportCheckpoints)
        .select(
          rowsFromJson(exportCheckpoints, [{ exportId: claim.id, state, discarded: false }], {
            where: () => sql`${stillOurs}`,
          }),
        )
        .onConflictDoUpdate({ target: exportCheckpoints.exportId, set: { state: sql`excluded.state` } }),
      db
        .update(exportsTable)
        .set({
          ...{ rows, validationRows, bytes, skipped, redacted },
          tokens: tokensOf(tokens),
          cursor: state.cursor,
        })
        .where(holds(db, claim))
        .returning({ id: exportsTable.id }),
      noteProgress(db, claim.held),
    ]),
  );
  if (ours.length === 0) throw new ClaimLost(claim.id);
}

/**
 * Removes what a checkpoint stands for: the upload, which then never becomes visible, and its objects. Repeating it
 * changes nothing.
 */
export async function dropCheckpoint({ db, bucket }: Pick<Services, "db" | "bucket">, exportId: string): Promise<void> {
  const checkpoint = await readCheckpoint(db, exportId);
  if (checkpoint === null) return;
  const { generation, uploadId } = checkpoint.state;
  const key = fileKey({ id: exportId, generation }, "training_data.jsonl");
  if (uploadId !== null) await abortUpload(bucket, key, uploadId);
  await deleteAll(bucket, exportPrefix(exportId, generation));
  await db.delete(exportCheckpoints).where(eq(exportCheckpoints.exportId, exportId));
}

/**
 * Removes what a run that failed, or lost its claim to an erasure or a cancellation, wrote and no checkpoint knows.
 * What another run goes on with, or has finished, stays.
 * @param uploadId the upload this run wrote to
 */
export async function dropLost(
  { db, bucket }: Pick<Services, "db" | "bucket">,
  id: string,
  generation: number,
  uploadId: string | null,
): Promise<void> {
  const kept = await readCheckpoint(db, id);
  if (kept !== null && !kept.discarded && kept.state.generation === generation) {
    // An upload begun after the last checkpoint is one that the next run does not know; it begins another.
    const unknown = uploadId !== null && kept.state.uploadId === null && !kept.state.finished;
    if (unknown) await abortUpload(bucket, fileKey({ id, generation }, "training_data.jsonl"), uploadId);
    return;
  }
  const [row] = await db.select().from(exportsTable).where(eq(exportsTable.id, id));
  if (row?.status === "done" && row.generation === generation) return;
  const key = fileKey({ id, generation }, "training_data.jsonl");
  if (uploadId !== null) await abortUpload(bucket, key, uploadId);
  await deleteAll(bucket, exportPrefix(id, generation));
}

/** Checkpoints of exports that came to their end without cleaning up after themselves. For the sweep. */
export async function dropStrayCheckpoints(services: Pick<Services, "db" | "bucket">): Promise<void> {
  const { db } = services;
  const live = db
    .select({ id: exportsTable.id })
    .from(exportsTable)
    .where(sql`${exportsTable.status} in ('queued', 'running')`);
  const strays = await db
    .select({ id: exportCheckpoints.exportId, status: exportsTable.status })
    .from(exportCheckpoints)
    .leftJoin(exportsTable, eq(exportsTable.id, exportCheckpoints.exportId))
    .where(notInArray(exportCheckpoints.exportId, live));
  for (const { id, status } of strays) {
    // The files of one that is done stand beside the segments, and stay.
    if (status === "done") await dropLeftovers(services, id);
    else await dropCheckpoint(services, id);
  }
}

/** What an export that is done needs no more: its segments, and what earlier beginnings wrote. */
export async function dropLeftovers({ db, bucket }: Pick<Services, "db" | "bucket">, exportId: string): Promise<void> {
  const checkpoint = await readCheckpoint(db, exportId);
  if (checkpoint === null) return;
  const prefix = exportPrefix(exportId, checkpoint.state.generation);
  await deleteAll(bucket, exportPrefix(exportId), (key) => key.startsWith(prefix));
  await deleteAll(bucket, `${prefix}resume/`);
  // Last: as long as it is there, the sweep comes back.
  await db.delete(exportCheckpoints).where(eq(exportCheckpoints.exportId, exportId));
}

/** Gives up an upload that may have been completed or given up before. */
export async function abortUpload(bucket: R2Bucket, key: string, uploadId: string): Promise<void> {
  try {
    await bucket.resumeMultipartUpload(key, uploadId).abort();
  } catch (error) {
    // R2 knows no other way to ask; an upload that is over is what was wanted.
    log.warn("upload_not_aborted", { key }, error);
  }
}

/**
 * Deletes what the beginnings of an export up to this one wrote, what no checkpoint knows too: its worker may have died
 * before the first.
 */
export function dropBegun(bucket: R2Bucket, exportId: string, begun: number): Promise<void> {
  return deleteAll(bucket, exportPrefix(exportId), (key) => generationOf(exportId, key) > begun);
}

/** Deletes all objects under a prefix but those that are to be spared. */
export async function deleteAll(
  bucket: R2Bucket,
  prefix: string,
  spare: (key: string) => boolean = () => false,
): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) });
    const keys = page.objects.map(({ key }) => key).filter((key) => !spare(key));
    if (keys.length > 0) await bucket.delete(keys);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}
