import { and, eq, exists, lte, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type JobKind, jobs } from "../db/schema/jobs.ts";
import { LEASE_MS } from "../lib/keep-lease.ts";
import type { Services } from "../services.ts";
import type { Held } from "./job.ts";

/** Claims a job that is due. @returns null when it is done, waits, or is held by another worker */
export async function claimJob(
  { db, clock, newId }: Pick<Services, "db" | "clock" | "newId">,
  kind: JobKind,
  subject: string,
): Promise<Held | null> {
  const now = clock();
  const claim = newId();
  const [held] = await db
    .update(jobs)
    .set({ claim, tries: sql`${jobs.tries} + 1`, dueAt: now + LEASE_MS })
    .where(and(eq(jobs.kind, kind), eq(jobs.subject, subject), lte(jobs.dueAt, now)))
    .returning();
  return held ? { ...held, claim } : null;
}

const mine = ({ kind, subject, claim }: Held) =>
  and(eq(jobs.kind, kind), eq(jobs.subject, subject), eq(jobs.claim, claim));

/** SQL: this claim still holds the job. In the condition of a write it keeps a worker that was overtaken from writing. */
export function isHeld(db: Db, held: Held) {
  return exists(db.select({ one: sql`1` }).from(jobs).where(mine(held)));
}

export function renewLease({ db, clock }: Pick<Services, "db" | "clock">, held: Held) {
  return db
    .update(jobs)
    .set({ dueAt: clock() + LEASE_MS })
    .where(mine(held));
}

/** How often a job was tried since it last made progress. @returns null when it is no longer held */
export async function triesOf(db: Db, held: Held): Promise<number | null> {
  const [row] = await db.select({ tries: jobs.tries }).from(jobs).where(mine(held));
  return row?.tries ?? null;
}

/** A statement: the job made progress, so that its tries count from here. */
export function noteProgress(db: Db, held: Held) {
  return db.update(jobs).set({ tries: 0 }).where(mine(held));
}

/** Lets a job go, to be run at a time. */
export function releaseJob(db: Db, held: Held, at: number, tries: number) {
  return db.update(jobs).set({ claim: null, tries, dueAt: at }).where(mine(held));
}

/**
 * Ends a job.
 * @returns true when it was asked for again meanwhile: it is due at once
 */
export async function endJob({ db, clock }: Pick<Services, "db" | "clock">, held: Held): Promise<boolean> {
  const [, again] = await db.batch([
    db.delete(jobs).where(and(mine(held), eq(jobs.asked, held.asked))),
    releaseJob(db, held, clock(), 0).returning({ kind: jobs.kind }),
  ]);
  return again.length > 0;
}
