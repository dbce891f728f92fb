import { asc, lte } from "drizzle-orm";
import { jobs, lastSweep } from "../db/schema/jobs.ts";
import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import type { Job, JobTable } from "./job.ts";
import { wakeJobs } from "./wake-jobs.ts";

/** Jobs woken by one sweep: five batches of messages. */
const MOST_WOKEN = 500;

interface Part {
  job: string;
  sweep: NonNullable<Job["sweep"]>;
}

/**
 * Every minute: heals what messages lost. Wakes what is due, and has each kind of job look for what else there is to
 * do. One that fails does not keep the others from theirs.
 * @param more what is tidied up without being a job's
 */
export async function sweepJobs(services: Services, table: JobTable, more: Part[] = []): Promise<void> {
  const sweeps = Object.entries(table).flatMap(([job, { sweep }]) => (sweep ? [{ job, sweep }] : []));
  const parts: Part[] = [{ job: "all", sweep: wakeDue }, ...sweeps, ...more];
  const failed: string[] = [];
  await Promise.all(
    parts.map(async ({ job, sweep }) => {
      try {
        await sweep(services);
      } catch (error) {
        log.error("sweep_fault", { job }, error);
        failed.push(job);
      }
    }),
  );
  await noteSweep(services, failed).catch((error: unknown) => log.error("sweep_not_noted", {}, error));
}

/** For whoever looks after it: a cron that stopped is seen by nothing else. */
async function noteSweep({ db, clock }: Pick<Services, "db" | "clock">, failed: string[]): Promise<void> {
  const row = { endedAt: clock(), failed };
  await db
    .insert(lastSweep)
    .values({ id: 1, ...row })
    .onConflictDoUpdate({ target: lastSweep.id, set: row });
}

async function wakeDue(services: Services): Promise<void> {
  const { db, clock } = services;
  const due = await db
    .select({ kind: jobs.kind, subject: jobs.subject })
    .from(jobs)
    .where(lte(jobs.dueAt, clock()))
    .orderBy(asc(jobs.dueAt))
    .limit(MOST_WOKEN);
  await wakeJobs(services, due);
}
