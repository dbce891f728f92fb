import { and, asc, eq, isNull } from "drizzle-orm";
import pLimit from "p-limit";
import { rowsFromJson } from "../../db/client.ts";
import { exportsTable } from "../../db/schema/exports.ts";
import { comparisonCases, comparisons, fineTunes } from "../../db/schema/fine-tunes.ts";
import { GuidanceTexts } from "../../exports/guidance.ts";
import { DONE, type Held, type Job, type JobEnd } from "../../jobs/job.ts";
import { createGatekeeper } from "../../llm/gatekeeper.ts";
import { CALLS_IN_FLIGHT, limitCalls } from "../../llm/wrap-model.ts";
import type { Services } from "../../services.ts";
import { type CaseEnd, type Comparing, compareCase } from "./compare-case.ts";
import type { ComparisonRow } from "./comparison-state.ts";
import {
  BEGIN_CALLS_MS,
  COMPARISON_LIMITS,
  ComparisonError,
  type ComparisonLimits,
  OPERATOR_WAIT_MS,
} from "./comparison-state.ts";
import { isGuided } from "./replay.ts";
import { drawUnseen } from "./unseen.ts";

/** Cases under way at once: they share the calls that may be in flight. */
const CASES_IN_FLIGHT = 3;

/** A comparison that is worked off in pieces. Servers that are down are waited for, about a day. */
export const comparisonJob: Job = {
  run: runComparison,
  mostTries: 30,
  giveUp: (services, id, error) => end(services, id, { status: "failed", error }),
};

/**
 * Takes a comparison one piece further: draws its cases, then works off a few of them for each message. A case's end
 * is stored once, whoever else works on it; a piece that was cut off is done again, and no more than that.
 */
export async function runComparison(
  services: Services,
  { subject: id }: Held,
  limits: ComparisonLimits = COMPARISON_LIMITS,
): Promise<JobEnd> {
  const [row] = await services.db.select().from(comparisons).where(isOpen(id));
  if (row === undefined) return DONE;
  try {
    if (row.status === "queued") await draw(services, row);
    return await takePiece(services, row, limits);
  } catch (error) {
    if (!(error instanceof ComparisonError)) throw error;
    await end(services, id, { status: "failed", error: error.message });
    return DONE;
  }
}

const isOpen = (id: string) => and(eq(comparisons.id, id), isNull(comparisons.finishedAt));

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

async function takePiece(services: Services, row: ComparisonRow, limits: ComparisonLimits): Promise<JobEnd> {
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
  const [left] = await db.select({ id: comparisonCases.failedReplyId }).from(comparisonCases).where(openCases(row.id));
  if (fatal !== undefined || left === undefined) {
    await end(services, row.id, fatal ? { status: "failed", error: fatal.reason } : { status: "done", error: null });
    return DONE;
  }
  const next = nextPiece(ends, clock());
  await db.update(comparisons).set({ waiting: next.waiting }).where(isOpen(row.id));
  return next.end;
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

/** What comes after a piece: the next one, or a wait, and what to say until then. */
function nextPiece(ends: CaseEnd[], now: number): { end: JobEnd; waiting: string | null } {
  if (ends.some(({ kind }) => kind === "ended")) return { end: { end: "again", at: now }, waiting: null };
  const held = ends.find((end) => end.kind === "wait");
  if (held !== undefined) {
    return { end: { end: "wait", at: Math.min(held.untilMs, now + OPERATOR_WAIT_MS) }, waiting: held.reason };
  }
  const reason = ends.find((end) => end.kind === "open")?.reason ?? "No case came to an end.";
  return { end: { end: "stuck", reason }, waiting: reason };
}

async function end(
  { db, clock }: Pick<Services, "db" | "clock">,
  id: string,
  ended: Pick<ComparisonRow, "status" | "error">,
): Promise<void> {
  await db
    .update(comparisons)
    .set({ ...ended, waiting: null, finishedAt: clock() })
    .where(isOpen(id));
}
