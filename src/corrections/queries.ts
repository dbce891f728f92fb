import { and, count, desc, eq, gt, lt, max, ne, sum } from "drizzle-orm";
import { correctionAttempts, correctionRuns } from "../db/schema/corrections.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { idAfter, type Page, toPage } from "../http/pagination.ts";
import { found } from "../lib/errors.ts";
import { MINUTE, toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import type { Wait } from "../llm/gate.ts";
import { whyWaiting } from "../llm/gatekeeper.ts";
import type { Services } from "../services.ts";
import type { RunOutput, RunQuery } from "./schemas.ts";

type Reading = Pick<Services, "db" | "clock" | "config" | "readLane">;

/** A run with its numbers, counted from what is stored. @throws RedraftError `not_found` */
export async function getRun(services: Reading, id: string): Promise<RunOutput> {
  const [run] = await services.db.select().from(correctionRuns).where(eq(correctionRuns.id, id));
  return countRun(services, found(run, "run"), await whyWaiting(services));
}

/** Newest first. */
export async function listRuns(services: Reading, { cursor, limit }: RunQuery): Promise<Page<RunOutput>> {
  const after = idAfter(cursor);
  const runs = await services.db
    .select()
    .from(correctionRuns)
    .where(after ? lt(correctionRuns.id, after) : undefined)
    .orderBy(desc(correctionRuns.id))
    .limit(limit + 1);
  const waiting = await whyWaiting(services);
  const counted = await Promise.all(runs.map((run) => countRun(services, run, waiting)));
  return toPage(
    counted,
    limit,
    (run) => [run.id],
    (run) => run,
  );
}

/** The pace is that of the last minutes, so that it follows what the provider allows. */
const PACE_MS = 5 * MINUTE;

async function countRun(
  { db, clock }: Reading,
  run: typeof correctionRuns.$inferSelect,
  waiting: Wait | null,
): Promise<RunOutput> {
  const { id } = run;
  const since = Math.max(run.startedAt, clock() - PACE_MS);
  const [active, ended, [lately]] = await db.batch([
    db
      .select({ status: failedReplies.status, rows: count() })
      .from(failedReplies)
      .where(eq(failedReplies.runId, id))
      .groupBy(failedReplies.status),
    db
      .select({
        outcome: correctionAttempts.outcome,
        rows: count(),
        input: sum(correctionAttempts.inputTokens).mapWith(Number),
        output: sum(correctionAttempts.outputTokens).mapWith(Number),
        last: max(correctionAttempts.endedAt),
      })
      .from(correctionAttempts)
      .where(eq(correctionAttempts.runId, id))
      .groupBy(correctionAttempts.outcome),
    db
      .select({ ended: count() })
      .from(correctionAttempts)
      .where(and(gt(correctionAttempts.endedAt, since), ne(correctionAttempts.outcome, "pending"))),
  ]);
  const ends = (outcome: string) => ended.find((row) => row.outcome === outcome)?.rows ?? 0;
  const counts = { improved: ends("improved"), needs_human: ends("needs_human"), failed: ends("failed") };
  const done = counts.improved + counts.needs_human + counts.failed;
  const open = active.filter(({ status }) => status === "pending" || status === "correcting");
  const inWork = open.reduce((total, { rows }) => total + rows, 0);
  // Until the fan-out is through, what it has yet to take counts as pending too.
  const pending = run.fannedOutAt === null ? Math.max(inWork, run.total - done) : inWork;
  const lastEnd = Math.max(run.fannedOutAt ?? 0, ...ended.map(({ last }) => last ?? 0));
  return {
    id,
    total: run.fannedOutAt === null ? run.total : run.taken,
    pending,
    ...counts,
    tokens: {
      input: ended.reduce((total, row) => total + row.input, 0),
      output: ended.reduce((total, row) => total + row.output, 0),
    },
    waiting:
      waiting === null || pending === 0
        ? null
        : { code: waiting.code, reason: waiting.reason, until: toRfc3339(waiting.untilMs) },
    pace: paceOf(lately?.ended ?? 0, clock() - since, pending, clock()),
    started_at: toRfc3339(run.startedAt),
    finished_at: toRfc3339OrNull(pending === 0 ? lastEnd : null),
  };
}

/** @param ended corrections in the last `ms` milliseconds, of all runs: they share the provider */
function paceOf(ended: number, ms: number, pending: number, now: number): RunOutput["pace"] {
  if (ended === 0 || ms <= 0 || pending === 0) return null;
  const perMinute = (ended / ms) * MINUTE;
  return { per_minute: Math.round(perMinute * 10) / 10, finishes_at: toRfc3339(now + (pending / perMinute) * MINUTE) };
}
