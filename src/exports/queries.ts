import { and, desc, eq, lt } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type ExportOptions, exportsTable } from "../db/schema/exports.ts";
import { idAfter, type Page, toPage } from "../http/pagination.ts";
import { found } from "../lib/errors.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import { type ExportFileName, fileKey } from "./export-state.ts";
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

/** Where an export's file is in R2, and whether its address has had other bytes. */
export async function findFile(db: Db, id: string, file: ExportFileName): Promise<{ key: string; rebuilt: boolean }> {
  const [row] = await db
    .select({ id: exportsTable.id, generation: exportsTable.generation, rebuilt: exportsTable.rebuilt })
    .from(exportsTable)
    .where(eq(exportsTable.id, id));
  const { rebuilt, ...own } = found(row, "export");
  return { key: fileKey(own, file), rebuilt };
}

/** Newest first. */
export async function listExports(db: Db, { status, cursor, limit }: ExportQuery): Promise<Page<ExportOutput>> {
  const after = idAfter(cursor);
  const rows = await db
    .select()
    .from(exportsTable)
    .where(and(status ? eq(exportsTable.status, status) : undefined, after ? lt(exportsTable.id, after) : undefined))
    .orderBy(desc(exportsTable.id))
    .limit(limit + 1);
  return toPage(rows, limit, (row) => [row.id], toOutput);
}

function toOutput(row: typeof exportsTable.$inferSelect): ExportOutput {
  return {
    id: row.id,
    status: row.status,
    stale: row.staleAt !== null,
    stale_reason: row.staleAt === null ? null : (row.staleReason ?? "erased"),
    format: row.options.format,
    filters: toFilters(row.options),
    progress: row.status === "done" ? 1 : row.status === "running" ? (row.cursor ?? 0) / (row.boundary ?? 1) : null,
    rows: row.rows,
    validation_rows: row.validationRows,
    bytes: row.bytes,
    sha256: row.sha256,
    tokens: row.tokens,
    redacted: row.redacted,
    skipped: row.skipped,
    files: Object.fromEntries(
      Object.entries(row.files ?? {}).map(([name, { rows, bytes, sha256 }]) => [name, { rows, bytes, sha256 }]),
    ),
    warning: row.warning,
    error: row.error,
    created_at: toRfc3339(row.createdAt),
    finished_at: toRfc3339OrNull(row.finishedAt),
  };
}

/** The options of an export, as the API gives them. */
export function toFilters(options: ExportOptions): ExportOutput["filters"] {
  return {
    system: options.system ?? "none",
    reply: options.reply ?? "corrected",
    review: options.review ?? null,
    min_gain: options.min_gain,
    failure_category: options.failure_category ?? null,
    topic: options.topic ?? null,
    since: toRfc3339OrNull(options.since ?? null),
    until: toRfc3339OrNull(options.until ?? null),
    validation_fraction: options.validation_fraction ?? 0,
  };
}
