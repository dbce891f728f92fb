import { inArray } from "drizzle-orm";
import { type Db, valuesOf } from "../db/client.ts";
import { erasures } from "../db/schema/erasure.ts";
import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import { finishErasure } from "./finish-erasure.ts";
import { removeRows } from "./remove-rows.ts";

type Erasing = Pick<Services, "db" | "bucket" | "clock" | "newId" | "clusters" | "jobs">;

/** Failures whose rows go in one transaction. */
const AT_ONCE = 200;

/**
 * Erases failures: their texts leave D1 at once, the lessons that may carry their words with them, together with the
 * claim of every export that is being written; then, once for all of them, the contexts, the files that held them, and
 * the fine-tunes that train on such files. What cannot be done now is done by the job. Erasing twice changes nothing.
 * @param ids some hundreds at most; those that never were are passed over
 * @returns those that are erased now, in no particular order
 */
export async function eraseFailures(services: Erasing, ids: string[]): Promise<string[]> {
  const batchId = services.newId();
  for (let from = 0; from < ids.length; from += AT_ONCE)
    await removeRows(services, ids.slice(from, from + AT_ONCE), batchId);
  const known = await readBatches(services.db, ids);
  // Those that were erased before, and are not finished, belong to batches of their own.
  const open = new Set(known.flatMap(({ batchId, finishedAt }) => (finishedAt === null ? batchId : [])));
  for (const batch of open) await finishOrLeave(services, batch);
  return known.map(({ id }) => id);
}

async function finishOrLeave(services: Erasing, batchId: string): Promise<void> {
  try {
    await finishErasure(services, batchId);
  } catch (error) {
    // Its job goes on with it, and the answer says that it is still running.
    log.warn("erasure_not_finished", { batch_id: batchId }, error);
  }
}

function readBatches(db: Db, ids: string[]) {
  return db
    .select({ id: erasures.failedReplyId, batchId: erasures.batchId, finishedAt: erasures.finishedAt })
    .from(erasures)
    .where(inArray(erasures.failedReplyId, valuesOf(ids)));
}
