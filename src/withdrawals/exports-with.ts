import { and, asc, eq, gt, gte } from "drizzle-orm";
import { exportsTable } from "../db/schema/exports.ts";
import { fileKey } from "../exports/export-state.ts";
import { isAnyInSidecar } from "../exports/sidecar.ts";
import type { Services } from "../services.ts";

interface HeldIn {
  held: { id: string; generation: number }[];
  /** The last that was looked into, where there are more. */
  next: string | null;
}

/**
 * The finished exports whose files hold any of many improvements, by the sidecars that name them, in the order of ids.
 * @param seqs in order
 * @param after the id to go on from, at first ""
 * @param most how many are looked into
 */
export async function exportsWith(
  { db, bucket }: Pick<Services, "db" | "bucket">,
  seqs: number[],
  after: string,
  most: number,
): Promise<HeldIn> {
  const [oldest] = seqs;
  if (oldest === undefined) return { held: [], next: null };
  const done = await db
    .select({ id: exportsTable.id, generation: exportsTable.generation, files: exportsTable.files })
    .from(exportsTable)
    .where(and(eq(exportsTable.status, "done"), gt(exportsTable.id, after), gte(exportsTable.boundary, oldest)))
    .orderBy(asc(exportsTable.id))
    .limit(most);
  const held: HeldIn["held"] = [];
  for (const { id, generation, files } of done) {
    const key = fileKey({ id, generation }, "improvements.jsonl");
    const bytes = files?.["improvements.jsonl"]?.bytes ?? 0;
    const read = async (offset: number, length: number) =>
      (await bucket.get(key, { range: { offset, length } }))?.text() ?? "";
    const open = async (offset: number) => (await bucket.get(key, { range: { offset } }))?.body ?? null;
    if (await isAnyInSidecar(seqs, bytes, read, open)) held.push({ id, generation });
  }
  return { held, next: done.length < most ? null : (done.at(-1)?.id ?? null) };
}
