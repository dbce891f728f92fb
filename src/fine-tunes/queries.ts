import { desc, eq, inArray, lt } from "drizzle-orm";
import { columnsByName, type Db, valuesOf } from "../db/client.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { fineTunes, providerFiles } from "../db/schema/fine-tunes.ts";
import { toFilters } from "../exports/queries.ts";
import { idAfter, type Page, toPage } from "../http/pagination.ts";
import { found } from "../lib/errors.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import type { FineTuneOutput, FineTuneQuery } from "./schemas.ts";

/** @throws RedraftError `not_found` */
export async function getFineTune(db: Db, id: string): Promise<FineTuneOutput> {
  const row = found((await selectFineTunes(db).where(eq(fineTunes.id, id)))[0], "fine-tune");
  return toOutput(row, await filesOf(db, [id]));
}

/** Newest first. */
export async function listFineTunes(db: Db, { cursor, limit }: FineTuneQuery): Promise<Page<FineTuneOutput>> {
  const after = idAfter(cursor);
  const rows = await selectFineTunes(db)
    .where(after ? lt(fineTunes.id, after) : undefined)
    .orderBy(desc(fineTunes.id))
    .limit(limit + 1);
  const files = await filesOf(
    db,
    rows.map(({ row }) => row.id),
  );
  return toPage(
    rows,
    limit,
    ({ row }) => [row.id],
    (row) => toOutput(row, files),
  );
}

function selectFineTunes(db: Db) {
  return db
    .select({ row: columnsByName(fineTunes), source: exportsTable })
    .from(fineTunes)
    .leftJoin(exportsTable, eq(exportsTable.id, fineTunes.exportId))
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof selectFineTunes>>[number];

/** What the provider was sent, oldest first. */
function filesOf(db: Db, ids: string[]) {
  return db
    .select()
    .from(providerFiles)
    .where(inArray(providerFiles.fineTuneId, valuesOf(ids)))
    .orderBy(providerFiles.fineTuneId, providerFiles.id);
}

function toOutput({ row, source }: Row, files: Awaited<ReturnType<typeof filesOf>>): FineTuneOutput {
  const { options, export_options, generation, uploads, sidecar_bytes, ...own } = row;
  const learned = export_options ?? source?.options ?? null;
  return {
    ...own,
    export: {
      state: stateOf(generation, source),
      format: learned?.format ?? null,
      filters: learned && toFilters(learned),
    },
    ...{ suffix: null, hyperparameters: {}, ...options },
    provider_files: files
      .filter(({ fineTuneId }) => fineTuneId === own.id)
      .map(({ id, kind, deletedAt, error }) => ({ id, kind, deleted_at: toRfc3339OrNull(deletedAt), error })),
    events: own.events.map((event) => ({ ...event, at: toRfc3339(event.at) })),
    created_at: toRfc3339(own.created_at),
    finished_at: toRfc3339OrNull(own.finished_at),
  };
}

function stateOf(generation: number, source: Row["source"]): FineTuneOutput["export"]["state"] {
  if (source === null) return "deleted";
  if (source.status !== "done" || source.generation !== generation) return "rebuilt";
  return source.staleAt === null ? "there" : "stale";
}
