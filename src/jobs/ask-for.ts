import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type JobKind, jobs } from "../db/schema/jobs.ts";

/*
 * Statements about jobs, for the batch of the feature they belong to: what was asked for is committed together with
 * what it is about, or not at all. `wakeJob` then only saves the wait for the sweep.
 */

/** Asks for a job. One that waits becomes due by then; one that runs is run once more afterwards. */
export function askFor(db: Db, kind: JobKind, subject: string, at: number) {
  return db
    .insert(jobs)
    .values({ kind, subject, dueAt: at, claim: null, tries: 0, asked: 1 })
    .onConflictDoUpdate({
      target: [jobs.kind, jobs.subject],
      set: {
        asked: sql`${jobs.asked} + 1`,
        dueAt: sql`case when ${jobs.claim} is null then min(${jobs.dueAt}, excluded.due_at) else ${jobs.dueAt} end`,
      },
    });
}

/** The same for a sweep, which asks every minute: one that was asked for already keeps its time, and its back-off. */
export function askUnlessAsked(db: Db, kind: JobKind, subject: string, at: number) {
  return db.insert(jobs).values({ kind, subject, dueAt: at, claim: null, tries: 0, asked: 1 }).onConflictDoNothing();
}

/** Takes a job away, from whoever holds it too. */
export function dropJob(db: Db, kind: JobKind, subject: string) {
  return db.delete(jobs).where(and(eq(jobs.kind, kind), eq(jobs.subject, subject)));
}

/** Has jobs begin again, now, whoever holds them. @param which of this kind */
export function restartJobs(db: Db, kind: JobKind, which: SQL, now: number) {
  return db
    .update(jobs)
    .set({ claim: null, tries: 0, dueAt: now, asked: sql`${jobs.asked} + 1` })
    .where(and(eq(jobs.kind, kind), which));
}
