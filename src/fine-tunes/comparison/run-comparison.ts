import { and, asc, eq, lte, sql } from "drizzle-orm";
import pLimit from "p-limit";
import { rowsFromJson } from "../../db/client.ts";
import { exportsTable } from "../../db/schema/exports.ts";
import { comparisonCases, comparisons, fineTunes } from "../../db/schema/fine-tunes.ts";
import { GuidanceTexts } from "../../exports/guidance.ts";
import { sendJob } from "../../jobs/send-job.ts";
import { log } from "../../lib/log.ts";
import { HOUR } from "../../lib/time.ts";
import { createGatekeeper } from "../../llm/gatekeeper.ts";
import { CALLS_IN_FLIGHT, limitCalls } from "../../llm/wrap-model.ts";
import type { Services } from "../../services.ts";
import { type CaseEnd, type Comparing, compareCase } from "./compare-case.ts";
import {
  BEGIN_CALLS_MS,
  COMPARISON_LIMITS,
  ComparisonError,
  type ComparisonLimits,
  FIRST_WAIT_MS,
  LEASE_MS,
  MOST_FAULTS,
  OPERATOR_WAIT_MS,
} from "./comparison-state.ts";
import { isGuided } from "./replay.ts";
import { drawUnseen } from "./unseen.ts";

export type ComparisonRow = typeof comparisons.$inferSelect;

/** Cases under way at once: they share the calls that may be in flight. */
const CASES_IN_FLIGHT = 3;

/**
 * Takes a comparison one piece further: draws its cases, then works off a few of them for each message. A case's end
 * is stored once, whoever else works on it; a piece that was cut off is done again, and no more than that.
 */
export async function runComparison(
  services: Services,
  id: string,
  limits: ComparisonLimits = COMPARISON_LIMITS,
): Promise<void> {
  const { db, clock } = services;
  const now = clock();
  const [row] = await db
    .update(comparisons)
    .set({ dueAt: now + LEASE_MS })
    .where(and(eq(comparisons.id, id), lte(comparisons.dueAt, now)))
    .returning();
  if (row === undefined) return;
  try {
    if (row.status === "queued") await draw(services, row);
    await takePiece(services, row, limits);
  } catch (error) {
    await afterFault(services, row, error);
  }
}

/** The cases, and with them the comparison's next state, in one transaction. */
async function draw(services: Services, row: ComparisonRow): Promise<void> {
  const { db } = services;
  const [source] = await db
    .select({ source: exportsTable })
    .from(fineTunes)
    .innerJoin(
      exportsTable,
      and(eq(exportsTable.id, fineTunes.exportId), eq(exportsTable.generation, fineTunes.generation)),
    )
    .where(eq(fineTunes.id, row.fineTuneId));
  if (source === undefined) throw new ComparisonError("The export was rebuilt or deleted before cases were drawn.");
  const drawn = await drawUnseen(services, source.source, row.caseLimit);
  if (drawn.length === 0) {
    throw new ComparisonError(
      "There is no failure that this model has not seen. Train on an export with a validation_fraction, " +
        "or compare again when new failures have come.",
    );
  }
  const cases = drawn.map(({ failureId, ...given }, position) => ({
    ...{ comparisonId: row.id, position, failedReplyId: failureId, ...given },
    ...{ status: "open" as const, pairwise: "unknown" as const, tries: 0 },
  }));
  await db.batch([
    db.insert(comparisonCases).select(rowsFromJson(comparisonCases, cases)).onConflictDoNothing(),
    db.update(comparisons).set({ status: "running" }).where(eq(comparisons.id, row.id)),
  ]);
}

const openCases = (id: string) => and(eq(comparisonCases.comparisonId, id), eq(comparisonCases.status, "open"));

async function takePiece(services: Services, row: ComparisonRow, limits: ComparisonLimits): Promise<void> {
  const { db, clock } = services;
  // Cases that failed before come last, so that one of them does not hold up the others.
  const open = await db
    .select()
    .from(comparisonCases)
    .where(openCases(row.id))
    .orderBy(asc(comparisonCases.tries), asc(comparisonCases.position))
    .limit(limits.cases);
  const comparing = await prepare(services, row);
  const limit = pLimit(CASES_IN_FLIGHT);
  const ends = await Promise.all(open.map((held) => limit(() => compareCase(comparing, row, held))));
  const fatal = ends.find((end) => end.kind === "hopeless");
  if (fatal !== undefined) return finish(services, row, { status: "failed", error: fatal.reason });
  const [left] = await db.select({ id: comparisonCases.failedReplyId }).from(comparisonCases).where(openCases(row.id));
  if (left === undefined) return finish(services, row, { status: "done", error: null });
  if (ends.some(({ kind }) => kind === "ended")) {
    await change(services, row, { status: "running", faults: 0, waiting: null, dueAt: clock() });
    return sendJob(services.jobs, { job: "comparison", comparison_id: row.id });
  }
  await wait(services, row, ends);
}

async function prepare(services: Services, row: ComparisonRow): Promise<Comparing> {
  const began = services.clock();
  const mayBegin = () => services.clock() - began < BEGIN_CALLS_MS;
  const [trained] = await services.db
    .select({ options: fineTunes.exportOptions })
    .from(fineTunes)
    .where(eq(fineTunes.id, row.fineTuneId));
  return {
    ...services,
    // Two servers, perhaps, but one Worker's connections.
    trainer: limitCalls(services.trainer, mayBegin, CALLS_IN_FLIGHT / 2),
    model: limitCalls(services.model, mayBegin, CALLS_IN_FLIGHT / 2),
    gatekeeper: createGatekeeper(services),
    guidance: isGuided(trained?.options ?? null) ? new GuidanceTexts(services, []) : null,
  };
}

/** Nothing came of a piece: when to look again, and what to say until then. */
async function wait(services: Services, row: ComparisonRow, ends: CaseEnd[]): Promise<void> {
  const now = services.clock();
  const held = ends.find((end) => end.kind === "wait");
  if (held !== undefined) {
    const dueAt = Math.min(held.untilMs, now + OPERATOR_WAIT_MS);
    return change(services, row, { status: "running", waiting: held.reason, dueAt });
  }
  const reason = ends.find((end) => end.kind === "open")?.reason ?? "It failed on our side; the logs say why.";
  const faults = row.faults + 1;
  if (faults >= MOST_FAULTS) return finish(services, row, { status: "failed", error: reason });
  const dueAt = now + Math.min(HOUR, FIRST_WAIT_MS * 2 ** Math.min(row.faults, 10));
  await change(services, row, { waiting: reason, faults, dueAt });
}

async function afterFault(services: Services, row: ComparisonRow, error: unknown): Promise<void> {
  if (error instanceof ComparisonError) return finish(services, row, { status: "failed", error: error.message });
  log.error("comparison_fault", { comparison_id: row.id }, error);
  await wait(services, row, []);
}

async function finish(
  services: Services,
  row: ComparisonRow,
  end: Pick<ComparisonRow, "status" | "error">,
): Promise<void> {
  await change(services, row, { ...end, waiting: null, dueAt: null, finishedAt: services.clock() });
}

async function change({ db }: Services, row: ComparisonRow, changes: Partial<ComparisonRow>): Promise<void> {
  await db
    .update(comparisons)
    .set(changes)
    .where(and(eq(comparisons.id, row.id), sql`${comparisons.finishedAt} is null`));
}

/** Sends the message again for comparisons that are due. For the sweep. */
export async function resumeComparisons({ db, clock, jobs }: Pick<Services, "db" | "clock" | "jobs">): Promise<void> {
  const due = await db.select({ id: comparisons.id }).from(comparisons).where(lte(comparisons.dueAt, clock()));
  for (const { id } of due) await sendJob(jobs, { job: "comparison", comparison_id: id });
}
