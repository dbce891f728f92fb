import { asc, count, isNull, lte, sql } from "drizzle-orm";
import { deadLetters, jobs, lastSweep } from "../db/schema/jobs.ts";
import { log } from "../lib/log.ts";
import { SECOND, toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import { whyClosed } from "../llm/gatekeeper.ts";
import { readTraining } from "../router/training-state.ts";
import type { Services } from "../services.ts";
import { problemsOf } from "./problems-of.ts";
import type { HealthOutput, StoredHealth } from "./schemas.ts";

type Reading = Pick<Services, "db" | "clock" | "config" | "readLane">;

/** After this long a database counts as one that does not answer. */
const LONGEST_MS = 3 * SECOND;

/** How the model, the queues, the database, the router and the sweep are. Answers without the database too. */
export async function readHealth(services: Reading): Promise<HealthOutput> {
  const began = services.clock();
  const reading = readStored(services).catch((error: unknown) => {
    log.warn("health_not_read", {}, error);
    return null;
  });
  const [stored, pace] = await Promise.all([
    Promise.race([reading, scheduler.wait(LONGEST_MS).then(() => null)]),
    readPace(services),
  ]);
  const now = services.clock();
  const found = {
    at: toRfc3339(now),
    database: { answers: stored !== null, ms: now - began, bytes: stored?.bytes ?? null },
    pace,
    ...stored?.health,
  };
  const problems = problemsOf(found, modelsOf(services), now);
  return { status: problems.length === 0 ? "ok" : "attention", problems, ...found };
}

async function readStored(services: Reading): Promise<{ health: StoredHealth; bytes: number | null }> {
  const { db, clock } = services;
  const [waiting, router, [[job], [letters], [sweep], { meta }]] = await Promise.all([
    whyClosed(services),
    readTraining(db),
    db.batch([
      db
        .select({ kind: jobs.kind, dueAt: jobs.dueAt })
        .from(jobs)
        .where(lte(jobs.dueAt, clock()))
        .orderBy(asc(jobs.dueAt))
        .limit(1),
      db
        .select({ open: count().as("open") })
        .from(deadLetters)
        .where(isNull(deadLetters.replayedAt)),
      db.select().from(lastSweep),
      db.run(sql`select 1`),
    ]),
  ]);
  return {
    bytes: meta.size_after || null,
    health: {
      corrections: {
        waiting: waiting && { code: waiting.code, reason: waiting.reason, until: toRfc3339(waiting.untilMs) },
      },
      queues: {
        oldest_due_job: job === undefined ? null : { kind: job.kind, due_at: toRfc3339(job.dueAt) },
        dead_letters: letters?.open ?? 0,
      },
      router: {
        version: router.version,
        topics: router.topics,
        trained_at: toRfc3339OrNull(router.trainedAt || null),
        forget_by: toRfc3339OrNull(router.forgetBy),
      },
      sweep: sweep === undefined ? null : { at: toRfc3339(sweep.endedAt), failed: sweep.failed },
    },
  };
}

function modelsOf({ config }: Pick<Services, "config">): string[] {
  return [...new Set([config.CORRECTION_MODEL, config.JUDGE_MODEL])];
}

async function readPace(services: Reading): Promise<HealthOutput["pace"]> {
  const lanes = await Promise.all(
    modelsOf(services).map(async (model) => ({ model, lane: await services.readLane(model) })),
  );
  return lanes.flatMap(({ model, lane }) =>
    lane === null
      ? []
      : {
          model,
          calls_per_minute: lane.callsPerMinute,
          tokens_per_minute: lane.tokensPerMinute,
          source: lane.source,
          in_flight: lane.inFlight,
          waiting: lane.waiting,
          paused_until: toRfc3339OrNull(lane.pausedUntil),
        },
  );
}
