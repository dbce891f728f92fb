import { and, eq } from "drizzle-orm";
import { exportsTable } from "../db/schema/exports.ts";
import type { Services } from "../services.ts";
import { deleteAll } from "./checkpoint.ts";
import { DATA_FILES, EXPORT_FILES, type ExportFileName, exportPrefix, fileKey, generationOf } from "./export-state.ts";

type Row = Pick<typeof exportsTable.$inferSelect, "id" | "generation">;

/**
 * Takes an export's files away that hold customers' texts, until it is rebuilt. One that was rebuilt meanwhile keeps
 * its new ones. Repeating it changes nothing.
 */
export async function withdrawFiles(
  { db, bucket, clock }: Pick<Services, "db" | "bucket" | "clock">,
  row: Row,
): Promise<void> {
  await db
    .update(exportsTable)
    // One that was closed by a withdrawal is not opened again by its undo: the files are gone.
    .set({ staleAt: clock(), staleReason: null })
    .where(
      and(eq(exportsTable.id, row.id), eq(exportsTable.status, "done"), eq(exportsTable.generation, row.generation)),
    );
  const textless = (Object.keys(EXPORT_FILES) as ExportFileName[]).filter(
    (file) => !DATA_FILES.some((name) => name === file),
  );
  const kept = textless.map((file) => fileKey(row, file));
  await deleteAll(
    bucket,
    exportPrefix(row.id),
    (key) => kept.includes(key) || generationOf(row.id, key) > row.generation,
  );
}
