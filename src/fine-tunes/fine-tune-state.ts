import { and, eq, isNull, type SQL } from "drizzle-orm";
import { type FineTuneStatus, fineTunes } from "../db/schema/fine-tunes.ts";
import { askFor } from "../jobs/ask-for.ts";
import { wakeJob } from "../jobs/wake-jobs.ts";
import { SECOND } from "../lib/time.ts";
import type { Services } from "../services.ts";

export type Running = Pick<Services, "db" | "clock" | "bucket" | "config" | "jobs">;
export type Row = typeof fineTunes.$inferSelect;

/** Jobs take minutes to hours. */
export const POLL_MS = 30 * SECOND;

/** The states that a job at the provider ends in, and a fine-tune with it. */
export const ENDINGS: FineTuneStatus[] = ["succeeded", "failed", "cancelled"];

export const isOpen = (id: string) => and(eq(fineTunes.id, id), isNull(fineTunes.finishedAt));

/** Still in the state that it was taken in. */
const asTaken = (row: Row) => and(eq(fineTunes.id, row.id), eq(fineTunes.status, row.status));

/** Somebody cancelled it meanwhile: there is nothing more to do in this state, and nothing to say. */
export class Overtaken extends Error {}

/** @throws Overtaken when the fine-tune is no longer in the state it was taken in */
export async function keep({ db }: Pick<Running, "db">, row: Row, changes: Partial<Row>): Promise<void> {
  const kept = await db.update(fineTunes).set(changes).where(asTaken(row)).returning({ id: fineTunes.id });
  if (kept.length === 0) throw new Overtaken();
}

/**
 * Ends a fine-tune, and asks for its files at the provider to be deleted.
 * @throws Overtaken like `keep`
 */
export async function end(services: Pick<Running, "db" | "clock" | "jobs">, row: Row, changes: Partial<Row>) {
  if (!(await endWhere(services, row.id, asTaken(row), changes))) throw new Overtaken();
}

/** The same where a condition holds. @returns whether it did */
export async function endWhere(
  services: Pick<Running, "db" | "clock" | "jobs">,
  id: string,
  where: SQL | undefined,
  changes: Partial<Row>,
): Promise<boolean> {
  const { db, clock } = services;
  const now = clock();
  const [ended] = await db.batch([
    db
      .update(fineTunes)
      .set({ ...changes, finishedAt: now })
      .where(where)
      .returning({ id: fineTunes.id }),
    // Where it did not end, the job finds nothing to do.
    askFor(db, "provider_files", id, now),
  ]);
  if (ended.length > 0) await wakeJob(services, "provider_files", id);
  return ended.length > 0;
}
