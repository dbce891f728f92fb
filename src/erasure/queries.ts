import { desc, eq, inArray, sql } from "drizzle-orm";
import { valuesOf } from "../db/client.ts";
import { erasures } from "../db/schema/erasure.ts";
import { fineTunes, providerFiles } from "../db/schema/fine-tunes.ts";
import { decodeCursor, type Page, toPage } from "../http/pagination.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import { readBotModelChanges } from "../prompts/bot-model.ts";
import { readTraining } from "../router/training-state.ts";
import type { Services } from "../services.ts";
import type { ErasureOutput, ErasureQuery } from "./schemas.ts";
import { isGoing, isOutOfReach } from "./what-remains.ts";

type Reading = Pick<Services, "db" | "config" | "clock">;
type Row = typeof erasures.$inferSelect;

/** @param id the failure's. @returns null when it was not erased */
export async function getErasure(services: Reading, id: string): Promise<ErasureOutput | null> {
  const rows = await services.db.select().from(erasures).where(eq(erasures.failedReplyId, id));
  const [output] = await toOutputs(services, rows);
  return output ?? null;
}

/** Those of the newest erasures first. */
export async function listErasures(services: Reading, { cursor, limit }: ErasureQuery): Promise<Page<ErasureOutput>> {
  const [at, id] = cursor ? decodeCursor(cursor, ["number", "string"]) : [];
  const rows = await services.db
    .select()
    .from(erasures)
    .where(cursor ? sql`(${erasures.erasedAt}, ${erasures.failedReplyId}) < (${at}, ${id})` : undefined)
    .orderBy(desc(erasures.erasedAt), desc(erasures.failedReplyId))
    .limit(limit + 1);
  const outputs = await toOutputs(services, rows);
  return toPage(
    outputs,
    limit,
    ({ erased_at, id }) => [Date.parse(erased_at), id],
    (output) => output,
  );
}

async function toOutputs(services: Reading, rows: Row[]): Promise<ErasureOutput[]> {
  const { db, config, clock } = services;
  const ids = valuesOf([...new Set(rows.flatMap(({ fineTuneIds }) => fineTuneIds))]);
  const [trained, files] = await db.batch([
    db
      .select({
        ...{ id: fineTunes.id, exportId: fineTunes.exportId, model: fineTunes.model, status: fineTunes.status },
        ...{ provider: fineTunes.provider, jobId: fineTunes.jobId },
      })
      .from(fineTunes)
      .where(inArray(fineTunes.id, ids)),
    db.select().from(providerFiles).where(inArray(providerFiles.fineTuneId, ids)),
  ]);
  const training = await readTraining(db);
  const [live] = await readBotModelChanges(db, 1);
  return rows.map((row) => {
    const own = trained.filter(({ id }) => row.fineTuneIds.includes(id));
    const ownFiles = files.filter(({ fineTuneId }) => row.fineTuneIds.includes(fineTuneId));
    // A comparison shows the message to the base and the tuned model, where those answer.
    const compared = row.removed.comparison_cases > 0 ? [config.FINE_TUNE_BASE_URL] : [];
    const modelServers = [...new Set([config.OPENAI_BASE_URL, ...compared])];
    const known = { fineTunes: own, files: ownFiles, training, modelServers, now: clock() };
    const going = isGoing(known, row);
    return {
      id: row.failedReplyId,
      state: row.finishedAt === null || going.length > 0 ? "running" : "done",
      erased_at: toRfc3339(row.erasedAt),
      finished_at: toRfc3339OrNull(row.finishedAt),
      removed: row.removed,
      contexts: row.finishedAt === null ? 0 : scopesOf(row),
      exports: row.exportIds.map((id) => ({ id, rebuild: `/v1/exports/${id}/rebuild` })),
      fine_tunes: own.map(({ id, exportId, model, status }) => ({
        ...{ id, export_id: exportId, model, status, is_bot_model: live?.fineTuneId === id },
      })),
      provider_files: ownFiles.map(({ id, kind, fineTuneId, deletedAt, error }) => ({
        ...{ id, kind, fine_tune_id: fineTuneId, deleted_at: toRfc3339OrNull(deletedAt), error },
      })),
      remains: [...going, ...isOutOfReach(known, row)],
    };
  });
}

/** Its clusters, its failure categories, and the one of everything. */
function scopesOf({ contexts, taughtClusterIds }: Row): number {
  const clusters = [...contexts.map(({ clusterId }) => clusterId), ...taughtClusterIds];
  const named = [clusters, contexts.map(({ failureCategory }) => failureCategory)];
  return named.reduce((sum, names) => sum + new Set(names.filter((name) => name !== null)).size, 1);
}
