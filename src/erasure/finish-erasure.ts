import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { forgetContexts } from "../clusters/context/read-context.ts";
import { type Db, valuesOf } from "../db/client.ts";
import { erasures } from "../db/schema/erasure.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { beginAgain } from "../exports/begin-again.ts";
import { dropBegun } from "../exports/checkpoint.ts";
import { withdrawFiles } from "../exports/withdraw-files.ts";
import { eraseFromFineTunes } from "../fine-tunes/erase-from-fine-tunes.ts";
import { dropJob } from "../jobs/ask-for.ts";
import type { Services } from "../services.ts";
import { findHolders, IS_GUIDED } from "./find-holders.ts";

type Finishing = Pick<Services, "db" | "bucket" | "clock" | "clusters" | "jobs">;

/** Does what D1's transaction cannot reach, once for a whole batch. Each step can be done again. */
export async function finishErasure(services: Finishing, batchId: string): Promise<void> {
  const { db, bucket, clock } = services;
  const isOpen = and(eq(erasures.batchId, batchId), isNull(erasures.finishedAt));
  const batch = await db.select().from(erasures).where(isOpen);
  if (batch.length > 0) {
    const taught = [...new Set(batch.flatMap(({ taughtClusterIds }) => taughtClusterIds))];
    const ofTaught = taught.map((clusterId) => ({ clusterId }));
    // Before the files: one that is written from here on is given the contexts without it.
    await forgetContexts(services, [...batch.flatMap(({ contexts }) => contexts), ...ofTaught]);
    // Guided lines carry what a whole cluster was taught: one begun before this may have read the contexts as they were.
    if (taught.length > 0) await db.batch(beginAgain(db, IS_GUIDED, clock()));
    await dropUnfinished({ db, bucket });
    const { exports, heldBy, trainedBy } = await findHolders(services, batch);
    // Named before the files go.
    await db.batch([name(db, batchId, "exportIds", heldBy), name(db, batchId, "fineTuneIds", trainedBy)]);
    for (const row of exports) await withdrawFiles(services, row);
    await eraseFromFineTunes(services, [...trainedBy.keys()]);
  }
  await db.batch([db.update(erasures).set({ finishedAt: clock() }).where(isOpen), dropJob(db, "erasure", batchId)]);
}

/** What exports that are not done had written before they began again, or came to another end. */
async function dropUnfinished({ db, bucket }: Pick<Finishing, "db" | "bucket">): Promise<void> {
  const unfinished = await db
    .select({ id: exportsTable.id, begun: exportsTable.begun, status: exportsTable.status })
    .from(exportsTable)
    .where(inArray(exportsTable.status, ["queued", "running", "failed", "cancelled"]));
  for (const { id, begun, status } of unfinished) {
    const isBegun = status === "queued" || status === "running";
    await dropBegun(bucket, id, isBegun ? begun - 1 : begun);
  }
}

/** A statement: adds to each erasure what held its failure. @param heldBy the failures, by what held them */
function name(db: Db, batchId: string, column: "exportIds" | "fineTuneIds", heldBy: Map<string, string[]>) {
  const pairs = JSON.stringify([...heldBy].flatMap(([holder, failures]) => failures.map((id) => [id, holder])));
  return db
    .update(erasures)
    .set({
      [column]: sql`(select json_group_array(h) from (
        select k.value as h from json_each(${erasures[column]}) k
        union
        select json_extract(p.value, '$[1]') from json_each(${pairs}) p
          where json_extract(p.value, '$[0]') = ${erasures.failedReplyId}))`,
    })
    .where(
      and(
        eq(erasures.batchId, batchId),
        inArray(erasures.failedReplyId, valuesOf([...new Set([...heldBy.values()].flat())])),
      ),
    );
}
