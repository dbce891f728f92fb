import { and, eq, inArray, sql } from "drizzle-orm";
import { exportsTable } from "../db/schema/exports.ts";
import { isHeld } from "../jobs/hold.ts";
import { DONE, type Held, type JobEnd } from "../jobs/job.ts";
import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import {
  type Checkpoint,
  ClaimLost,
  dropBegun,
  dropCheckpoint,
  dropLeftovers,
  dropLost,
  holds,
  readCheckpoint,
  SEGMENT_FORMAT,
} from "./checkpoint.ts";
import { noTokens, tokensOf } from "./estimate-tokens.ts";
import { EXPORT_LIMITS, type ExportLimits } from "./export-state.ts";
import { warningsOf } from "./manifest.ts";
import { sealExport } from "./seal-export.ts";
import { type Writing, writeRows } from "./write-rows.ts";

type Row = typeof exportsTable.$inferSelect;
interface Claimed extends Row {
  held: Held;
}

/**
 * Writes one export: goes on from its checkpoint where it has one, streams its rows from D1 into R2 and seals the
 * files. A long export goes on in a further message.
 */
export async function writeExport(
  services: Writing,
  held: Held,
  limits: ExportLimits = EXPORT_LIMITS,
): Promise<JobEnd> {
  const { db, clock } = services;
  const id = held.subject;
  const [row] = await db
    .update(exportsTable)
    .set({ status: "running" })
    .where(and(eq(exportsTable.id, id), inArray(exportsTable.status, ["queued", "running"]), isHeld(db, held)))
    .returning();
  if (row === undefined) return DONE;
  const claimed = { ...row, held };
  try {
    const from = await beginning(services, claimed);
    const checkpoint = from.finished ? from : await writeRows(services, claimed, from, limits);
    if (!checkpoint.finished) return { end: "again", at: clock() };
    await finish(services, claimed, checkpoint);
  } catch (error) {
    if (!(error instanceof ClaimLost)) throw error;
    log.warn("export_claim_lost", { export_id: id });
  }
  return DONE;
}

/** Where to go on: the checkpoint, or the very beginning where there is none or it may not be used any more. */
async function beginning(services: Writing, claimed: Claimed): Promise<Checkpoint> {
  const { db } = services;
  const kept = await readCheckpoint(db, claimed.id);
  if (kept !== null && !kept.discarded && kept.state.format === SEGMENT_FORMAT) return kept.state;
  if (kept !== null) await dropCheckpoint(services, claimed.id);
  const [begun] = await db
    .update(exportsTable)
    .set({ begun: sql`${exportsTable.begun} + 1` })
    .where(holds(db, claimed))
    .returning({ generation: exportsTable.begun });
  if (begun === undefined) throw new ClaimLost(claimed.id);
  return {
    format: SEGMENT_FORMAT,
    generation: begun.generation,
    uploadId: null,
    parts: [],
    segments: [],
    cursor: 0,
    counts: {
      ...{ rows: 0, validationRows: 0, bytes: 0, tokens: noTokens(), redacted: 0, repaired: 0 },
      skipped: {},
      versions: {},
    },
    finished: false,
  };
}

async function finish(services: Writing, claimed: Claimed, checkpoint: Checkpoint): Promise<void> {
  const { db, clock } = services;
  const { training, files } = await sealExport(services, claimed, checkpoint);
  const { generation, counts } = checkpoint;
  const warning = warningsOf(counts).join(" ") || null;
  const done = await db
    .update(exportsTable)
    .set({
      status: "done",
      ...{ generation, files, warning, error: null, staleAt: null, staleReason: null, finishedAt: clock() },
      ...{ rows: training.rows, bytes: training.bytes, sha256: training.sha256, tokens: tokensOf(counts.tokens) },
      ...{ validationRows: counts.validationRows, skipped: counts.skipped, redacted: counts.redacted },
    })
    .where(holds(db, claimed))
    .returning({ id: exportsTable.id });
  if (done.length === 0) {
    // Erased or cancelled while the files were made: nobody may find them.
    await dropLost(services, claimed.id, generation, null);
    throw new ClaimLost(claimed.id);
  }
  await dropLeftovers(services, claimed.id);
}

/** After the last try. What was written of it goes. */
export async function giveUpExport(services: Pick<Services, "db" | "bucket" | "clock">, id: string): Promise<void> {
  const { db, clock } = services;
  const [failed] = await db
    .update(exportsTable)
    .set({ status: "failed", error: "Writing the file failed; the logs say why.", finishedAt: clock() })
    .where(and(eq(exportsTable.id, id), inArray(exportsTable.status, ["queued", "running"])))
    .returning({ begun: exportsTable.begun });
  await dropCheckpoint(services, id);
  if (failed !== undefined) await dropBegun(services.bucket, id, failed.begun);
}
