import { and, eq, inArray, isNotNull, lte, ne } from "drizzle-orm";
import type { ExportStatus } from "../db/schema/exports.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { askFor, dropJob } from "../jobs/ask-for.ts";
import { wakeJob } from "../jobs/wake-jobs.ts";
import { found, RedraftError } from "../lib/errors.ts";
import { LEASE_MS } from "../lib/keep-lease.ts";
import { DAY } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { deleteAll, dropBegun, dropCheckpoint } from "./checkpoint.ts";
import { exportPrefix } from "./export-state.ts";

type Changing = Pick<Services, "db" | "bucket" | "clock">;

/** Ends an export that is not done; what was written of it goes. Cancelling twice changes nothing. */
export async function cancelExport(services: Changing, id: string): Promise<void> {
  const { db, clock } = services;
  const [[cancelled]] = await db.batch([
    db
      .update(exportsTable)
      .set({ status: "cancelled", finishedAt: clock() })
      .where(and(eq(exportsTable.id, id), inArray(exportsTable.status, ["queued", "running"])))
      .returning({ begun: exportsTable.begun }),
    dropJob(db, "export", id),
  ]);
  if (cancelled === undefined) {
    const status = await statusOf(services, id);
    if (status === "cancelled") return;
    throw new RedraftError("conflict", `The export is ${status}; there is nothing to cancel.`);
  }
  await dropCheckpoint(services, id);
  await dropBegun(services.bucket, id, cancelled.begun);
}

/** Deletes an export and its files, whatever its state. Deleting twice changes nothing. */
export async function deleteExport(services: Changing, id: string): Promise<void> {
  const { db, bucket } = services;
  // The writer, if there is one, loses its claim before the files go.
  await db.batch([
    db.update(exportsTable).set({ status: "cancelled" }).where(eq(exportsTable.id, id)),
    dropJob(db, "export", id),
  ]);
  await dropCheckpoint(services, id);
  await deleteAll(bucket, exportPrefix(id));
  await db.delete(exportsTable).where(eq(exportsTable.id, id));
}

/**
 * Writes an export once more, under the same id, with the same options and from the same snapshot: what was erased
 * or rejected since is then not in it.
 */
export async function rebuildExport(services: Changing & Pick<Services, "jobs">, id: string): Promise<void> {
  const { db, bucket, clock } = services;
  // A rebuild that is refused asks for no job; one that is overtaken between here and there asks for an idle one.
  if (!REBUILDABLE.includes(await statusOf(services, id))) throw beingWritten();
  const now = clock();
  const [[queued]] = await db.batch([
    db
      .update(exportsTable)
      .set({
        status: "queued",
        rebuilt: true,
        ...{ rows: 0, validationRows: 0, bytes: 0, redacted: 0, skipped: {} },
        ...{ sha256: null, files: null, tokens: null, cursor: null, warning: null, error: null, finishedAt: null },
      })
      .where(and(eq(exportsTable.id, id), inArray(exportsTable.status, REBUILDABLE)))
      .returning({ id: exportsTable.id }),
    // Not before the old files are gone, unless this worker dies meanwhile.
    askFor(db, "export", id, now + LEASE_MS),
  ]);
  if (queued === undefined) {
    await statusOf(services, id);
    throw beingWritten();
  }
  await dropCheckpoint(services, id);
  await deleteAll(bucket, exportPrefix(id));
  await askFor(db, "export", id, now);
  await wakeJob(services, "export", id);
}

const REBUILDABLE: ExportStatus[] = ["done", "failed", "cancelled"];

function beingWritten(): RedraftError {
  return new RedraftError("conflict", "The export is being written already.");
}

/** @throws RedraftError `not_found` */
async function statusOf({ db }: Pick<Services, "db">, id: string): Promise<ExportStatus> {
  const [row] = await db.select({ status: exportsTable.status }).from(exportsTable).where(eq(exportsTable.id, id));
  return found(row, "export").status;
}

/** A sweep's share: R2 lists and deletes take a while. */
const MOST_AT_ONCE = 20;

/** Deletes exports that were finished longer ago than EXPORT_RETENTION_DAYS. For the sweep. */
export async function deleteOldExports(services: Changing & Pick<Services, "config">): Promise<number> {
  const { db, clock, config } = services;
  if (config.EXPORT_RETENTION_DAYS === 0) return 0;
  const old = await db
    .select({ id: exportsTable.id })
    .from(exportsTable)
    .where(
      and(
        isNotNull(exportsTable.finishedAt),
        lte(exportsTable.finishedAt, clock() - config.EXPORT_RETENTION_DAYS * DAY),
        ne(exportsTable.status, "running"),
      ),
    )
    .limit(MOST_AT_ONCE);
  for (const { id } of old) await deleteExport(services, id);
  return old.length;
}
