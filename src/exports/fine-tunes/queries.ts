import { desc, eq, lt } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { fineTunes } from "../../db/schema.ts";
import { decodeCursor, type Page, toPage } from "../../http/pagination.ts";
import { toRfc3339, toRfc3339OrNull } from "../../lib/time.ts";
import type { FineTuneOutput, FineTuneQuery } from "./schemas.ts";

export async function getFineTune(db: Db, id: string): Promise<FineTuneOutput | null> {
  const [row] = await db.select().from(fineTunes).where(eq(fineTunes.id, id));
  return row ? toOutput(row) : null;
}

/** Newest first. */
export async function listFineTunes(db: Db, { cursor, limit }: FineTuneQuery): Promise<Page<FineTuneOutput>> {
  const rows = await db
    .select()
    .from(fineTunes)
    .where(cursor ? lt(fineTunes.id, String(decodeCursor(cursor, ["string"])[0])) : undefined)
    .orderBy(desc(fineTunes.id))
    .limit(limit + 1);
  return toPage(rows, limit, (row) => [row.id], toOutput);
}

function toOutput(row: typeof fineTunes.$inferSelect): FineTuneOutput {
  return {
    id: row.id,
    export_id: row.exportId,
    export_sha256: row.exportSha256,
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
