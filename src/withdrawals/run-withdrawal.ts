import { and, eq, sql } from "drizzle-orm";
import type { Batch } from "../db/client.ts";
import { type WithdrawalStep, withdrawals } from "../db/schema/withdrawals.ts";
import { isHeld, noteProgress } from "../jobs/hold.ts";
import { DONE, type Held, type Job, type JobEnd } from "../jobs/job.ts";
import { MINUTE } from "../lib/time.ts";
import { askForTraining, wakeTraining } from "../router/request-training.ts";
import { bringBackLessons } from "./bring-back-lessons.ts";
import { closeExports, openExports } from "./close-exports.ts";
import { eraseWithdrawn } from "./erase-withdrawn.ts";
import { forgetTouchedContexts } from "./forget-contexts.ts";
import type { Step, Withdrawal, Withdrawing } from "./piece.ts";
import { putBack } from "./put-back.ts";
import { retireLessons } from "./retire-lessons.ts";
import { setAside } from "./set-aside.ts";

/** What a piece asks of D1, R2 and the clusters at most, in calls; and what a message may: they take 1,000 each. */
const CALLS: Record<WithdrawalStep, number> = { failures: 20, lessons: 10, contexts: 20, exports: 450, erase: 500 };
const MOST_CALLS = 500;
const MOST_MS = 5 * MINUTE;

type Steps = [WithdrawalStep, Step][];

const GOING: Steps = [
  ["failures", setAside],
  ["lessons", retireLessons],
  ["contexts", forgetTouchedContexts],
  ["exports", closeExports],
];
const ERASING: Steps = [...GOING, ["erase", eraseWithdrawn]];
const RETURNING: Steps = [
  ["failures", putBack],
  ["lessons", bringBackLessons],
  ["contexts", forgetTouchedContexts],
  ["exports", openExports],
];

/** A withdrawal, or its undo. It is never given up: what is withdrawn must be out everywhere. */
export const withdrawalJob: Job = { run: runWithdrawal, mostTries: Number.POSITIVE_INFINITY };

/** Takes a withdrawal some pieces further. */
export async function runWithdrawal(services: Withdrawing, held: Held, mostCalls = MOST_CALLS): Promise<JobEnd> {
  const { db, clock } = services;
  const ends = clock() + MOST_MS;
  for (let calls = 0; calls < mostCalls && clock() < ends; ) {
    const [row] = await db.select().from(withdrawals).where(eq(withdrawals.id, held.subject));
    if (row?.status !== "running" && row?.status !== "undoing") return DONE;
    await takePiece(services, held, row);
    calls += CALLS[row.step];
  }
  return { end: "again", at: clock() };
}

async function takePiece(services: Withdrawing, held: Held, row: Withdrawal): Promise<void> {
  const { db, clock } = services;
  const steps = row.status === "undoing" ? RETURNING : row.mode === "erase" ? ERASING : GOING;
  const at = steps.findIndex(([name]) => name === row.step);
  const step = steps[at]?.[1];
  if (step === undefined) throw new Error(`a withdrawal that is ${row.status} has no step ${row.step}`);
  const own = and(
    ...[eq(withdrawals.id, row.id), eq(withdrawals.status, row.status)],
    ...[eq(withdrawals.step, row.step), eq(withdrawals.cursor, row.cursor), isHeld(db, held)],
  );
  const isCurrent = sql`exists (select 1 from ${withdrawals} where ${own})`;
  const { next, statements = [], set = {} } = await step(services, row, isCurrent);
  const following = steps[at + 1]?.[0];
  const over = next === null && following === undefined;
  const finished = { status: row.status === "undoing" ? "undone" : "done", finishedAt: clock() } as const;
  const moved = next === null ? { step: following ?? row.step, cursor: "" } : { cursor: next };
  await db.batch([
    ...statements,
    ...(over ? askForTraining(db, clock()) : []),
    db
      .update(withdrawals)
      .set({ ...set, ...moved, ...(over && finished) })
      .where(own),
    noteProgress(db, held),
  ] as unknown as Batch);
  if (over) await wakeTraining(services);
}
