import { and, eq, inArray, lte, or, sql } from "drizzle-orm";
import { exportsTable } from "../db/schema/exports.ts";
import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import {
  type Checkpoint,
  ClaimLost,
  deleteAll,
  dropCheckpoint,
  dropLost,
  dropSegments,
  dropStrayCheckpoints,
  holds,
  readCheckpoint,
  SEGMENT_FORMAT,
} from "./checkpoint.ts";
import {
  EXPORT_LEASE_MS,
  EXPORT_LIMITS,
  EXPORT_RESEND_MS,
  type ExportLimits,
  exportPrefix,
  MAX_EXPORT_TRIES,
} from "./export-state.ts";
import { warningsOf } from "./manifest.ts";
import { sealExport } from "./seal-export.ts";
import { type Writing, writeRows } from "./write-rows.ts";

type Exporting = Writing & Pick<Services, "jobs">;
type Claimed = typeof exportsTable.$inferSelect;

/**
 * Writes one export: claims it, goes on from its checkpoint where it has one, streams its rows from D1 into R2 and
 * seals the files. A message delivered twice finds it claimed and does nothing; a long export goes on in a further
 * message.
 */
export async function writeExport(
  services: Exporting,
  exportId: string,
  limits: ExportLimits = EXPORT_LIMITS,
): Promise<void> {
  const claimed = await claim(services, exportId);
  if (claimed === null) return;
  try {
    const from = await beginning(services, claimed);
    const checkpoint = from.finished ? from : await writeRows(services, claimed, from, limits);
    if (checkpoint.finished) await finish(services, claimed, checkpoint);
    else await goOnLater(services, claimed);
  } catch (error) {
    if (error instanceof ClaimLost) {
      log.warn("export_claim_lost", { export_id: exportId });
      return;
    }
    log.error("export_fault", { export_id: exportId }, error);
    if (await giveUp(services, claimed)) return;
    throw error;
  }
}

async function claim({ db, clock }: Exporting, exportId: string): Promise<Claimed | null> {
  const now = clock();
  const claimable = or(
    eq(exportsTable.status, "queued"),
    and(eq(exportsTable.status, "running"), lte(exportsTable.dueAt, now)),
  );
  const [claimed] = await db
    .update(exportsTable)
    .set({
      status: "running",
      attempts: sql`${exportsTable.attempts} + 1`,
      tries: sql`${exportsTable.tries} + 1`,
      dueAt: now + EXPORT_LEASE_MS,
    })
    .where(and(eq(exportsTable.id, exportId), claimable))
    .returning();
  return claimed ?? null;
}

/** Where to go on: the checkpoint, or the very beginning where there is none or it may not be used any more. */
async function beginning(services: Exporting, { id, attempts }: Claimed): Promise<Checkpoint> {
  const kept = await readCheckpoint(services.db, id);
  if (kept !== null && !kept.discarded && kept.state.format === SEGMENT_FORMAT) return kept.state;
  if (kept !== null) await dropCheckpoint(services, id);
  return {
    format: SEGMENT_FORMAT,
    generation: attempts,
    uploadId: null,
    parts: [],
    segments: [],
    cursor: 0,
    counts: {
      ...{ rows: 0, validationRows: 0, bytes: 0, tokens: 0, redacted: 0, repaired: 0 },
      skipped: {},
      versions: {},
    },
    finished: false,
  };
}

async function finish(services: Exporting, claimed: Claimed, checkpoint: Checkpoint): Promise<void> {
  const { db, bucket, clock } = services;
  const { training, files } = await sealExport(services, claimed, checkpoint);
  const { generation, counts } = checkpoint;
  const warning = warningsOf(counts).join(" ") || null;
  const done = await db
    .update(exportsTable)
    .set({
      status: "done",
      ...{ generation, files, warning, error: null, staleAt: null, dueAt: null, finishedAt: clock() },
      ...{ rows: training.rows, bytes: training.bytes, sha256: training.sha256, tokens: Math.round(counts.tokens) },
      ...{ validationRows: counts.validationRows, skipped: counts.skipped, redacted: counts.redacted, tries: 0 },
    })
    .where(holds(claimed))
    .returning({ id: exportsTable.id });
  if (done.length === 0) {
    // Erased or cancelled while the files were made: nobody may find them.
    await dropLost(services, claimed.id, generation, null);
    throw new ClaimLost(claimed.id);
  }
  await dropSegments(services, claimed.id);
  await deleteAll(bucket, exportPrefix(claimed.id), exportPrefix(claimed.id, generation));
}

async function goOnLater({ db, clock, jobs }: Exporting, claimed: Claimed): Promise<void> {
  await db.update(exportsTable).set({ dueAt: clock() }).where(holds(claimed));
  await jobs.send({ job: "export", export_id: claimed.id });
}

/** After a fault: once more soon, or failed for good. @returns true when it is over */
async function giveUp(services: Exporting, claimed: Claimed): Promise<boolean> {
  const { db, clock } = services;
  // Its own count is from before the checkpoints, which set it back.
  const [now] = await db
    .select({ tries: exportsTable.tries })
    .from(exportsTable)
    .where(eq(exportsTable.id, claimed.id));
  if ((now?.tries ?? 0) < MAX_EXPORT_TRIES) {
    await db
      .update(exportsTable)
      .set({ status: "queued", dueAt: clock() + EXPORT_RESEND_MS })
      .where(holds(claimed));
    return false;
  }
  const error = "Writing the file failed; the logs say why.";
  const failed = await db
    .update(exportsTable)
    .set({ status: "failed", error, dueAt: null, finishedAt: clock() })
    .where(holds(claimed))
    .returning({ id: exportsTable.id });
  if (failed.length > 0) await dropCheckpoint(services, claimed.id);
  return true;
}

/** Sends the message again for exports that were not begun, or whose worker died. For the sweep. */
export async function resumeExports(services: Pick<Services, "db" | "clock" | "jobs" | "bucket">): Promise<number> {
  const { db, clock, jobs } = services;
  const due = await db
    .select({ id: exportsTable.id })
    .from(exportsTable)
    .where(and(lte(exportsTable.dueAt, clock()), inArray(exportsTable.status, ["queued", "running"])));
  for (const { id } of due) await jobs.send({ job: "export", export_id: id });
  await dropStrayCheckpoints(services);
  return due.length;
}
