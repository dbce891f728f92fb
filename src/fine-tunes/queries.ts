import { desc, eq, lt } from "drizzle-orm";
import { columnsByName, type Db } from "../db/client.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { fineTunes } from "../db/schema/fine-tunes.ts";
import { toFilters } from "../exports/queries.ts";
import { idAfter, type Page, toPage } from "../http/pagination.ts";
import { found } from "../lib/errors.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import type { FineTuneOutput, FineTuneQuery } from "./schemas.ts";

/** @throws RedraftError `not_found` */
export async function getFineTune(db: Db, id: string): Promise<FineTuneOutput> {
  const [row] = await selectFineTunes(db).where(eq(fineTunes.id, id));
  return toOutput(found(row, "fine-tune"));
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
    .select({ row: columnsByName(fineTunes), source: exportsTable })
    .from(fineTunes)
    .leftJoin(exportsTable, eq(exportsTable.id, fineTunes.exportId))
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof selectFineTunes>>[number];

function toOutput({ row, source }: Row): FineTuneOutput {
  const { options, export_options, generation, uploads, ...own } = row;
  const learned = export_options ?? source?.options ?? null;
  return {
    ...own,
    export: {
      state: stateOf(generation, source),
      format: learned?.format ?? null,
      filters: learned && toFilters(learned),
    },
    ...{ suffix: null, hyperparameters: {}, ...options },
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
