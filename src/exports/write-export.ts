import { and, asc, eq, gt, gte, inArray, lt, lte, or, type SQL, sql } from "drizzle-orm";
import { findCluster } from "../clusters/topics.ts";
import type { Db } from "../db/client.ts";
import { type ExportOptions, exportsTable, improvements, prompts } from "../db/schema.ts";
import { exportRule, notExportable } from "../improvements/is-exportable.ts";
import { describeError } from "../lib/errors.ts";
import { firstIdOf } from "../lib/ids.ts";
import type { Services } from "../services.ts";
import {
  EXPORT_LEASE_MS,
  EXPORT_RESEND_MS,
  FEWEST_EXAMPLES,
  MAX_EXPORT_ATTEMPTS,
  trainingKey,
} from "./export-state.ts";
import { FORMATS } from "./formats.ts";
import { PartWriter, type Written } from "./part-writer.ts";

/** Rows per page: at some kilobytes each a page is about a megabyte. */
const PAGE = 400;

type Writing = Pick<Services, "db" | "clock" | "bucket" | "config">;

/**
 * Writes one export: claims it, streams its rows from D1 in keyset pages into R2, and keeps what came of it. A
 * message delivered twice finds it claimed and does nothing.
 */
export async function writeExport(services: Writing, exportId: string): Promise<void> {
  const { db, clock } = services;
  const now = clock();
  const claimable = or(
    eq(exportsTable.status, "queued"),
    and(eq(exportsTable.status, "running"), lte(exportsTable.dueAt, now)),
  );
  const [claimed] = await db
    .update(exportsTable)
    .set({ status: "running", attempts: sql`${exportsTable.attempts} + 1`, dueAt: now + EXPORT_LEASE_MS })
    .where(and(eq(exportsTable.id, exportId), claimable))
    .returning();
  if (claimed === undefined) return;
  try {
    const written = await writeLines(services, claimed);
    const warning =
      written.rows < FEWEST_EXAMPLES ? `Fewer than ${FEWEST_EXAMPLES} examples: trainers refuse such a file.` : null;
    await end(services, claimed, { ...written, status: "done", warning, error: null });
  } catch (error) {
    console.error(JSON.stringify({ event: "export_fault", export_id: exportId, error: describeError(error) }));
    if (claimed.attempts >= MAX_EXPORT_ATTEMPTS) {
      await end(services, claimed, { status: "failed", error: "Writing the file failed; the logs say why." });
      return;
    }
    await end(services, claimed, { status: "queued", dueAt: clock() + EXPORT_RESEND_MS, finishedAt: null });
    throw error;
  }
}

type Claimed = typeof exportsTable.$inferSelect;

async function end({ db, clock }: Writing, claimed: Claimed, result: Partial<Claimed>): Promise<void> {
  await db
    .update(exportsTable)
    .set({ dueAt: null, finishedAt: clock(), ...result })
    .where(
      and(
        eq(exportsTable.id, claimed.id),
        eq(exportsTable.attempts, claimed.attempts),
        eq(exportsTable.status, "running"),
      ),
    );
}

interface Lines extends Written {
  rows: number;
  skipped: Record<string, number>;
}

async function writeLines({ db, bucket, config }: Writing, { id, options, boundary }: Claimed): Promise<Lines> {
  const rule = { ...exportRule(config), minGain: options.min_gain };
  const toLine = FORMATS[options.format];
  const encoder = new TextEncoder();
  const skipped: Record<string, number> = {};
  let rows = 0;
  const writer = await PartWriter.open(bucket, trainingKey(id), "application/jsonl");
  try {
    for await (const page of pages(db, options, boundary ?? "")) {
      const lines: string[] = [];
      for (const row of page) {
        const reason = notExportable(row, rule);
        if (reason === null) lines.push(`${toLine(row)}\n`);
        else skipped[reason] = (skipped[reason] ?? 0) + 1;
      }
      rows += lines.length;
      await writer.write(encoder.encode(lines.join("")));
    }
    return { ...(await writer.close()), rows, skipped };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** The current improvements an export asks for, oldest first; what came after it was asked for is not in it. */
async function* pages(db: Db, options: ExportOptions, boundary: string) {
  const where = await conditions(db, options, boundary);
  if (where === null) return;
  let cursor = "";
  for (;;) {
    const page = await db
      .select({
        id: improvements.id,
        originalPrompt: prompts.originalPrompt,
        correctedReply: improvements.correctedReply,
        scoreGainEstimate: improvements.scoreGainEstimate,
        newRating: improvements.newRating,
        pairwise: improvements.pairwise,
        guardFindings: improvements.guardFindings,
        edited: improvements.edited,
        reviewStatus: improvements.reviewStatus,
      })
      .from(improvements)
      .innerJoin(prompts, eq(prompts.id, improvements.promptId))
      .where(and(...where, gt(improvements.id, cursor)))
      .orderBy(asc(improvements.id))
      .limit(PAGE);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    cursor = last.id;
  }
}

async function conditions(db: Db, options: ExportOptions, boundary: string): Promise<SQL[] | null> {
  const where = [eq(improvements.isCurrent, true), lte(improvements.id, boundary)];
  if (options.topic !== undefined) {
    const cluster = await findCluster(db, options.topic);
    if (cluster === null) return null;
    where.push(eq(improvements.clusterId, cluster.id));
  }
  if (options.failure_category !== undefined) where.push(eq(improvements.failureCategory, options.failure_category));
  if (options.since !== undefined) where.push(gte(improvements.id, firstIdOf(options.since)));
  if (options.until !== undefined) where.push(lt(improvements.id, firstIdOf(options.until)));
  return where;
}

/** Sends the message again for exports that were not begun, or whose worker died. For the sweep. */
export async function resumeExports({ db, clock, jobs }: Pick<Services, "db" | "clock" | "jobs">): Promise<number> {
  const due = await db
    .select({ id: exportsTable.id })
    .from(exportsTable)
    .where(and(lte(exportsTable.dueAt, clock()), inArray(exportsTable.status, ["queued", "running"])));
  for (const { id } of due) await jobs.send({ job: "export", export_id: id });
  return due.length;
}
