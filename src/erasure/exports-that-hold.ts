import { and, eq, gte, inArray, isNotNull, sql } from "drizzle-orm";
import { findCluster } from "../clusters/topics/topics.ts";
import { clusters } from "../db/schema/clusters.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { fileKey } from "../exports/export-state.ts";
import { isInSidecar } from "../exports/sidecar.ts";
import { timeOf } from "../lib/ids.ts";
import { MINUTE } from "../lib/time.ts";
import type { Services } from "../services.ts";

type Finding = Pick<Services, "db" | "bucket">;

/**
 * The exports whose files hold a failure's texts: as lines of its improvements, or within the guidance of others.
 * @param taught the clusters whose guidance may have held its words
 */
export async function exportsThatHold(services: Finding, failureId: string, seqs: number[], taught: string[]) {
  const found = [...(await exportsWithRows(services, seqs)), ...(await exportsTaught(services, failureId, taught))];
  return [...new Map(found.map((row) => [row.id, row])).values()];
}

/** Exports whose sidecars name one of the improvements; they keep their sidecar when their data files go. */
async function exportsWithRows({ db, bucket }: Finding, seqs: number[]) {
  const oldest = seqs[0];
  if (oldest === undefined) return [];
  const done = await db
    .select({ id: exportsTable.id, generation: exportsTable.generation, files: exportsTable.files })
    .from(exportsTable)
    .where(and(eq(exportsTable.status, "done"), gte(exportsTable.boundary, oldest)));
  const held: typeof done = [];
  for (const row of done) {
    const key = fileKey(row, "improvements.jsonl");
    const bytes = row.files?.["improvements.jsonl"]?.bytes ?? 0;
    const read = async (offset: number, length: number) =>
      (await bucket.get(key, { range: { offset, length } }))?.text() ?? "";
    for (const seq of seqs) {
      if (!(await isInSidecar(seq, bytes, read))) continue;
      held.push(row);
      break;
    }
  }
  return held;
}

/** Two machines set the times of the failure and of the export. */
const CLOCKS_DIFFER_MS = MINUTE;

/** SQL: its lines carry guidance. */
export const IS_GUIDED = sql`json_extract(${exportsTable.options}, '$.system') = 'guided'`;

/**
 * Guided exports whose manifest names a cluster that was taught by the failure, if they ended after it was recorded: one
 * that was requested before may have read the lessons later, or was rebuilt.
 */
async function exportsTaught({ db, bucket }: Finding, failureId: string, taught: string[]) {
  if (taught.length === 0) return [];
  const [done, merged] = await db.batch([
    db
      .select({ id: exportsTable.id, generation: exportsTable.generation, files: exportsTable.files })
      .from(exportsTable)
      .where(
        and(
          eq(exportsTable.status, "done"),
          gte(exportsTable.finishedAt, timeOf(failureId) - CLOCKS_DIFFER_MS),
          IS_GUIDED,
        ),
      ),
    db
      .select({ into: clusters.mergedInto })
      .from(clusters)
      .where(and(inArray(clusters.id, taught), isNotNull(clusters.mergedInto))),
  ]);
  // The name of a cluster that was merged away leads to the one it went into.
  const led = new Set([...taught, ...merged.map(({ into }) => into)]);
  const held: typeof done = [];
  for (const row of done) {
    const manifest = await (await bucket.get(fileKey(row, "manifest.json")))?.json<{
      guidance: { topic: string | null; guided: boolean }[];
    }>();
    const topics = manifest?.guidance.flatMap(({ topic, guided }) => (guided && topic !== null ? [topic] : []));
    // A cluster's former names still lead to it. Without a manifest nobody knows, and the file has to go.
    const ids = await Promise.all((topics ?? []).map(async (topic) => (await findCluster(db, topic))?.id ?? ""));
    if (manifest === undefined || ids.some((id) => led.has(id))) held.push(row);
  }
  return held;
}
