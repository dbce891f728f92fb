import { and, desc, eq, lt } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { exportsTable } from "../db/schema.ts";
import { decodeCursor, type Page, toPage } from "../http/pagination.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import type { ExportOutput, ExportQuery } from "./schemas.ts";

/** One export by its id, or the newest that is done for "latest". */
export async function getExport(db: Db, id: string): Promise<ExportOutput | null> {
  const rows = db.select().from(exportsTable).$dynamic();
  const [row] =
    id === "latest"
      ? await rows.where(eq(exportsTable.status, "done")).orderBy(desc(exportsTable.id)).limit(1)
      : await rows.where(eq(exportsTable.id, id));
  return row ? toOutput(row) : null;
}

/** Newest first. */
export async function listExports(db: Db, { status, cursor, limit }: ExportQuery): Promise<Page<ExportOutput>> {
  const rows = await db
    .select()
    .from(exportsTable)
    .where(
      and(
        status ? eq(exportsTable.status, status) : undefined,
        cursor ? lt(exportsTable.id, String(decodeCursor(cursor, ["string"])[0])) : undefined,
      ),
    )
    .orderBy(desc(exportsTable.id))
    .limit(limit + 1);
  return toPage(rows, limit, (row) => [row.id], toOutput);
}

function toOutput(row: typeof exportsTable.$inferSelect): ExportOutput {
  const { options } = row;
  return {
    id: row.id,
    status: row.status,
    format: options.format,
    filters: {
      min_gain: options.min_gain,
      failure_category: options.failure_category ?? null,
      topic: options.topic ?? null,
      since: toRfc3339OrNull(options.since ?? null),
      until: toRfc3339OrNull(options.until ?? null),
    },
    rows: row.rows,
    bytes: row.bytes,
    sha256: row.sha256,
    skipped: row.skipped,
    warning: row.warning,
    error: row.error,
    created_at: toRfc3339(row.createdAt),
    finished_at: toRfc3339OrNull(row.finishedAt),
  };
}
