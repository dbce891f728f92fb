import { desc, eq, lt } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { fineTunes } from "../db/schema/fine-tunes.ts";
import { toFilters } from "../exports/queries.ts";
import { idAfter, type Page, toPage } from "../http/pagination.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import type { FineTuneOutput, FineTuneQuery } from "./schemas.ts";

export async function getFineTune(db: Db, id: string): Promise<FineTuneOutput | null> {
  const [row] = await selectFineTunes(db).where(eq(fineTunes.id, id));
  return row ? toOutput(row) : null;
}

/** Newest first. */
export async function listFineTunes(db: Db, { cursor, limit }: FineTuneQuery): Promise<Page<FineTuneOutput>> {
  const after = idAfter(cursor);
  const rows = await selectFineTunes(db)
    .where(after ? lt(fineTunes.id, after) : undefined)
    .orderBy(desc(fineTunes.id))
    .limit(limit + 1);
  return toPage(rows, limit, ({ row }) => [row.id], toOutput);
}

function selectFineTunes(db: Db) {
  return db
    .select({
      row: fineTunes,
      source: {
        status: exportsTable.status,
        options: exportsTable.options,
        generation: exportsTable.generation,
        staleAt: exportsTable.staleAt,
      },
    })
    .from(fineTunes)
    .leftJoin(exportsTable, eq(exportsTable.id, fineTunes.exportId))
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof selectFineTunes>>[number];

function toOutput({ row, source }: Row): FineTuneOutput {
  const options = row.exportOptions ?? source?.options ?? null;
  return {
    id: row.id,
    export_id: row.exportId,
    export_sha256: row.exportSha256,
    export: {
      state: stateOf(row.generation, source),
      format: options?.format ?? null,
      filters: options && toFilters(options),
    },
    base_model: row.options.base_model,
    method: row.options.method,
    suffix: row.options.suffix ?? null,
    hyperparameters: row.options.hyperparameters ?? {},
    status: row.status,
    provider_status: row.providerStatus,
    job_id: row.jobId,
    model: row.model,
    trained_tokens: row.trainedTokens,
    events: row.events.map(({ at, level, message }) => ({ at: toRfc3339(at), level, message })),
    loss: row.loss,
    error: row.error,
    created_at: toRfc3339(row.createdAt),
    finished_at: toRfc3339OrNull(row.finishedAt),
  };
}

function stateOf(generation: number, source: Row["source"]): FineTuneOutput["export"]["state"] {
  if (source === null) return "deleted";
  if (source.status !== "done" || source.generation !== generation) return "rebuilt";
  return source.staleAt === null ? "there" : "stale";
}
