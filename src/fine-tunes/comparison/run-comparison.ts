import { and, asc, eq, isNull } from "drizzle-orm";
import pLimit from "p-limit";
import { rowsFromJson } from "../../db/client.ts";
import { exportsTable } from "../../db/schema/exports.ts";
import { comparisonCases, comparisons, fineTunes } from "../../db/schema/fine-tunes.ts";
import { GuidanceTexts } from "../../exports/guidance.ts";
import { DONE, type Held, type Job, type JobEnd } from "../../jobs/job.ts";
import { MINUTE } from "../../lib/time.ts";
import { OPERATOR_PROBE_MS } from "../../llm/gate.ts";
import { createGatekeeper } from "../../llm/gatekeeper.ts";
import { CALLS_IN_FLIGHT, limitCalls } from "../../llm/wrap-model.ts";
import type { Services } from "../../services.ts";
import { type CaseEnd, type Comparing, compareCase } from "./compare-case.ts";
import { ComparisonError, drawUnseen } from "./unseen.ts";

/** Cases a message: six model calls each at least, half a minute each at worst, three cases at a time. */
const PIECE = 12;

/** Cases under way at once: they share the calls that may be in flight. */
const CASES_IN_FLIGHT = 3;

/** No model call begins later in a consumer's life, so that the last ones and the storing still fit. */
const BEGIN_CALLS_MS = 12 * MINUTE;

type Row = typeof comparisons.$inferSelect;

/** A comparison that is worked off in pieces. Servers that are down are waited for, about a day. */
export const comparisonJob: Job = {
  run: runComparison,
  mostTries: 30,
  giveUp: (services, id, error) => end(services, id, "failed", error),
};

/**
 * Takes a comparison one piece further: draws its cases, then works off a few of them for each message. A case's end
 * is stored once, whoever else works on it; a piece that was cut off is done again, and no more than that.
 */
async function runComparison(services: Services, { subject: id }: Held): Promise<JobEnd> {
  const [row] = await services.db.select().from(comparisons).where(isOpen(id));
  if (row === undefined) return DONE;
  try {
    if (row.status === "queued") await draw(services, row);
    return await takePiece(services, row);
  } catch (error) {
    if (!(error instanceof ComparisonError)) throw error;
    await end(services, id, "failed", error.message);
    return DONE;
  }
}

const isOpen = (id: string) => and(eq(comparisons.id, id), isNull(comparisons.finishedAt));

/** The cases, and with them the comparison's next state, in one transaction. */
async function draw(services: Services, { id, fineTuneId, caseLimit }: Row): Promise<void> {
  const { db } = services;
  const sameFiles = and(eq(exportsTable.id, fineTunes.exportId), eq(exportsTable.generation, fineTunes.generation));
  const [row] = await db
    .select({ source: exportsTable })
    .from(fineTunes)
    .innerJoin(exportsTable, sameFiles)
    .where(eq(fineTunes.id, fineTuneId));
  if (row === undefined) throw new ComparisonError("The export was rebuilt or deleted before cases were drawn.");
  const drawn = await drawUnseen(services, row.source, caseLimit);
  if (drawn.length === 0) {
    throw new ComparisonError(
      "There is no failure that this model has not seen. Train on an export with a validation_fraction, " +
        "or compare again when new failures have come in.",
    );
  }
  const cases = drawn.map(({ failureId, clusterId, unseen }, position) => ({
    ...{ comparisonId: id, position, failedReplyId: failureId, clusterId, unseen },
    ...{ status: "open" as const, pairwise: "unknown" as const, tries: 0 },
  }));
  await db.batch([
    db.insert(comparisonCases).select(rowsFromJson(comparisonCases, cases)).onConflictDoNothing(),
    db.update(comparisons).set({ status: "running" }).where(isOpen(id)),
  ]);
}

async function takePiece(services: Services, row: Row): Promise<JobEnd> {
  const { db, clock } = services;
  // Cases that failed before come last, so that one of them does not hold up the others.
  const open = (limit: number) =>
    db
      .select()
      .from(comparisonCases)
      .where(and(eq(comparisonCases.comparisonId, row.id), eq(comparisonCases.status, "open")))
      .orderBy(asc(comparisonCases.tries), asc(comparisonCases.position))
      .limit(limit);
  const piece = await open(PIECE);
  const comparing = await prepare(services, row);
  const limit = pLimit(CASES_IN_FLIGHT);
  const ends = await Promise.all(
    piece.map((held) =>
      limit(async () => ((await isCancelled(services, row.id)) ? OVER : compareCase(comparing, row, held))),
    ),
  );
  const hopeless = ends.find((end) => end.end === "hopeless");
  if (hopeless !== undefined || (await open(1)).length === 0) {
    await end(services, row.id, hopeless ? "failed" : "done", hopeless?.reason ?? null);
    return DONE;
  }
  const next = nextPiece(ends, clock());
  await db
    .update(comparisons)
    .set({ waiting: "reason" in next ? next.reason : null })
    .where(isOpen(row.id));
  return next;
}

const OVER = { end: "done" } as const;

/** Asked before each case: what it costs is for nothing once nobody wants the comparison any more. */
async function isCancelled({ db }: Services, id: string): Promise<boolean> {
  const [row] = await db.select({ id: comparisons.id }).from(comparisons).where(isOpen(id));
  return row === undefined;
}

async function prepare(services: Services, row: Row): Promise<Comparing> {
  const began = services.clock();
  const mayBegin = () => services.clock() - began < BEGIN_CALLS_MS;
  const [trained] = await services.db
    .select({ options: fineTunes.exportOptions })
    .from(fineTunes)
    .where(eq(fineTunes.id, row.fineTuneId));
  const cases = await services.db
    .select({ id: comparisonCases.failedReplyId })
    .from(comparisonCases)
    .where(eq(comparisonCases.comparisonId, row.id));
  const heldOut = {
    fraction: trained?.options?.validation_fraction ?? 0,
    failureIds: new Set(cases.map(({ id }) => id)),
  };
  return {
    ...services,
    // Two servers, perhaps, but one Worker's connections.
    trainer: limitCalls(services.trainer, mayBegin, CALLS_IN_FLIGHT / 2),
    model: limitCalls(services.model, mayBegin, CALLS_IN_FLIGHT / 2),
    gatekeeper: createGatekeeper(services),
    guidance: trained?.options?.system === "guided" ? new GuidanceTexts(services, [], heldOut) : null,
  };
}

/** What comes after a piece: the next one, or a wait, and why. */
function nextPiece(ends: CaseEnd[], now: number) {
  if (ends.some(({ end }) => end === "done")) return { end: "again" as const, at: now };
  const held = ends.find((end) => end.end === "wait");
  // What only an operator can fix is looked at again at this pace.
  if (held !== undefined) return { ...held, at: Math.min(held.at, now + OPERATOR_PROBE_MS) };
  return ends.find((end) => end.end === "stuck") ?? { end: "stuck" as const, reason: "No case came to an end." };
}

async function end(
  { db, clock }: Pick<Services, "db" | "clock">,
  id: string,
  status: Row["status"],
  error: string | null,
): Promise<void> {
  await db.update(comparisons).set({ status, error, waiting: null, finishedAt: clock() }).where(isOpen(id));
}
