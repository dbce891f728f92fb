import { count, eq, max, sum } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { correctionAttempts, correctionRuns, failedReplies } from "../db/schema.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import type { RunOutput } from "./schemas.ts";

/** A run with its numbers, counted from what is stored. */
export async function getRun(db: Db, id: string): Promise<RunOutput | null> {
  const [run] = await db.select().from(correctionRuns).where(eq(correctionRuns.id, id));
  if (run === undefined) return null;
  const [active, ended] = await db.batch([
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
  ]);
  const ends = (outcome: string) => ended.find((row) => row.outcome === outcome)?.rows ?? 0;
  const counts = { improved: ends("improved"), needs_human: ends("needs_human"), failed: ends("failed") };
  const done = counts.improved + counts.needs_human + counts.failed;
  const waiting = active.filter(({ status }) => status === "pending" || status === "correcting");
  const inWork = waiting.reduce((total, { rows }) => total + rows, 0);
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
    started_at: toRfc3339(run.startedAt),
    finished_at: toRfc3339OrNull(pending === 0 ? lastEnd : null),
  };
}
