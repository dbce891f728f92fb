import { and, eq, gte, inArray, isNotNull, sql } from "drizzle-orm";
import { findCluster } from "../clusters/topics/topics.ts";
import { valuesOf } from "../db/client.ts";
import { clusters } from "../db/schema/clusters.ts";
import type { erasures } from "../db/schema/erasure.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { fineTunes } from "../db/schema/fine-tunes.ts";
import { fileKey } from "../exports/export-state.ts";
import { seqsInSidecar } from "../exports/sidecar.ts";
import { copyKey } from "../fine-tunes/keep-lists.ts";
import { timeOf } from "../lib/ids.ts";
import { MINUTE } from "../lib/time.ts";
import type { Services } from "../services.ts";

type Finding = Pick<Services, "db" | "bucket">;

export type Erased = Pick<typeof erasures.$inferSelect, "failedReplyId" | "improvementSeqs" | "taughtClusterIds">;

/** What of the erased failures a file holds, told by the lists that were written with it. */
interface Lists {
  sidecar: { key: string; bytes: number };
  /** The newest improvement (`seq`) that may be in it; null: none. */
  boundary: number | null;
  manifestKey: string;
  guided: boolean;
  /** When the file was there at the earliest, or any time later. */
  at: number;
}

/** Two machines set the times of a failure and of a file. */
const CLOCKS_DIFFER_MS = MINUTE;

/** SQL: its lines carry guidance. */
export const IS_GUIDED = sql`json_extract(${exportsTable.options}, '$.system') = 'guided'`;

/**
 * The exports and the fine-tunes whose files hold erased failures, with the failures that each holds: as lines of their
 * improvements, or by the guidance in other lines.
 */
export async function findHolders(services: Finding, erased: Erased[]) {
  const { db } = services;
  const holdsOf = await holdsFinder(services, erased);
  const done = await db.select(exportColumns).from(exportsTable).where(eq(exportsTable.status, "done"));
  const heldBy = new Map<string, string[]>();
  for (const row of done) {
    const held = await holdsOf({
      sidecar: { key: fileKey(row, "improvements.jsonl"), bytes: row.files?.["improvements.jsonl"]?.bytes ?? 0 },
      boundary: row.boundary,
      manifestKey: fileKey(row, "manifest.json"),
      guided: row.options.system === "guided",
      at: row.finishedAt ?? 0,
    });
    if (held.length > 0) heldBy.set(row.id, held);
  }
  const byExport = new Map(done.map((row) => [row.id, row]));
  const trainedBy = new Map<string, string[]>();
  const oldest = Math.min(...erased.map(({ failedReplyId }) => timeOf(failedReplyId)));
  for (const row of await trainedSince(db, oldest - CLOCKS_DIFFER_MS)) {
    const source = byExport.get(row.exportId);
    // Of an export that was rebuilt or deleted since, the fine-tune's own copies of the lists tell.
    const held = source?.generation === row.generation ? heldBy.get(row.exportId) : await holdsOf(copiesOf(row));
    if (held !== undefined && held.length > 0) trainedBy.set(row.id, held);
  }
  return { exports: done.filter(({ id }) => heldBy.has(id)), heldBy, trainedBy };
}

const exportColumns = {
  ...{ id: exportsTable.id, generation: exportsTable.generation, files: exportsTable.files },
  ...{ options: exportsTable.options, boundary: exportsTable.boundary, finishedAt: exportsTable.finishedAt },
};

function trainedSince(db: Services["db"], since: number) {
  return db
    .select({
      ...{ id: fineTunes.id, exportId: fineTunes.exportId, generation: fineTunes.generation },
      ...{ options: fineTunes.exportOptions, sidecarBytes: fineTunes.sidecarBytes, createdAt: fineTunes.createdAt },
    })
    .from(fineTunes)
    .where(gte(fineTunes.createdAt, since));
}

/** Without copies nothing of it has been uploaded, and nothing will be: its export is not what it was. */
function copiesOf(row: Awaited<ReturnType<typeof trainedSince>>[number]): Lists {
  return {
    sidecar: { key: copyKey(row.id, "improvements.jsonl"), bytes: row.sidecarBytes ?? 0 },
    boundary: Number.POSITIVE_INFINITY,
    manifestKey: copyKey(row.id, "manifest.json"),
    guided: row.sidecarBytes !== null && row.options?.system === "guided",
    at: row.createdAt,
  };
}

/** @returns a function: which of the failures a file holds */
async function holdsFinder({ db, bucket }: Finding, erased: Erased[]): Promise<(lists: Lists) => Promise<string[]>> {
  const failureOf = new Map(erased.flatMap((row) => row.improvementSeqs.map((seq) => [seq, row.failedReplyId])));
  const seqs = [...failureOf.keys()].toSorted((a, b) => a - b);
  const taught = erased.filter(({ taughtClusterIds }) => taughtClusterIds.length > 0);
  const mergedInto = await mergesOf(db, [...new Set(taught.flatMap(({ taughtClusterIds }) => taughtClusterIds))]);
  const clusterOf = new Map<string, string | null>();
  const idOf = async (topic: string) => {
    const id = clusterOf.get(topic) ?? (await findCluster(db, topic))?.id ?? null;
    clusterOf.set(topic, id);
    return id;
  };
  const asLines = async ({ sidecar: { key, bytes }, boundary }: Lists) => {
    const wanted = seqs.filter((seq) => seq <= (boundary ?? 0));
    const read = async (offset: number, length: number) =>
      (await bucket.get(key, { range: { offset, length } }))?.text() ?? "";
    return [...(await seqsInSidecar(wanted, bytes, read))].flatMap((seq) => failureOf.get(seq) ?? []);
  };
  // Those that taught a cluster before the file was there: one that was asked for earlier may have been rebuilt.
  const asGuidance = async ({ guided, manifestKey, at }: Lists) => {
    const before = taught.filter(({ failedReplyId }) => timeOf(failedReplyId) - CLOCKS_DIFFER_MS <= at);
    if (!guided || before.length === 0) return [];
    const manifest = await (await bucket.get(manifestKey))?.json<{
      guidance: { topic: string | null; guided: boolean }[];
    }>();
    const topics = manifest?.guidance.flatMap(({ topic, guided }) => (guided && topic !== null ? [topic] : []));
    // A cluster's former names still lead to it. Without a manifest nobody knows, and the file has to go.
    const used = new Set(await Promise.all((topics ?? []).map(idOf)));
    return before.flatMap(({ failedReplyId, taughtClusterIds }) => {
      const led = taughtClusterIds.flatMap((id) => [id, mergedInto.get(id) ?? id]);
      return manifest === undefined || led.some((id) => used.has(id)) ? failedReplyId : [];
    });
  };
  return async (lists) => [...new Set([...(await asLines(lists)), ...(await asGuidance(lists))])];
}

/** The name of a cluster that was merged away leads to the one it went into. */
async function mergesOf(db: Services["db"], clusterIds: string[]): Promise<Map<string, string | null>> {
  const merged = await db
    .select({ id: clusters.id, into: clusters.mergedInto })
    .from(clusters)
    .where(and(inArray(clusters.id, valuesOf(clusterIds)), isNotNull(clusters.mergedInto)));
  return new Map(merged.map(({ id, into }) => [id, into]));
}
