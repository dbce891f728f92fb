import { and, count, gt, isNull, lte, max, type SQL } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { correctionRuns, type RunFilter } from "../db/schema/corrections.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { requestableStatus } from "../failures/failure-state.ts";
import { failureConditions } from "../failures/queries.ts";
import { askFor } from "../jobs/ask-for.ts";
import { wakeJob } from "../jobs/wake-jobs.ts";
import type { Services } from "../services.ts";
import type { RunInput } from "./schemas.ts";

/**
 * Starts a correction run: counts what it takes, keeps it, and has the fan-out done in the background. Failures
 * recorded from now on are not in it.
 */
export async function startRun(
  services: Pick<Services, "db" | "clock" | "newId" | "jobs">,
  filter: RunInput,
): Promise<{ id: string; total: number }> {
  const { db, clock, newId } = services;
  const now = clock();
  const [newest] = await db.select({ id: max(failedReplies.id) }).from(failedReplies);
  const boundary = newest?.id ?? null;
  const where = boundary === null ? null : await runConditions(db, filter);
  const [matching] =
    where && boundary
      ? await db
          .select({ count: count() })
          .from(failedReplies)
          .where(and(...where, lte(failedReplies.id, boundary)))
      : [];
  const total = Math.min(matching?.count ?? 0, filter.limit ?? Number.POSITIVE_INFINITY);
  const id = newId();
  const fannedOutAt = total === 0 ? now : null;
  const run = { id, filter, total, boundary, taken: 0, fannedOutAt, startedAt: now };
  await db.batch([db.insert(correctionRuns).values(run), ...(total > 0 ? [askFor(db, "fan_out", id, now)] : [])]);
  if (total > 0) await wakeJob(services, "fan_out", id);
  return { id, total };
}

/** SQL conditions of the failures that a run takes; null when its topic is unknown, so that it takes none. */
export async function runConditions(db: Db, filter: RunFilter, after?: string | null): Promise<SQL[] | null> {
  const where = await failureConditions(db, { ...filter, status: requestableStatus(filter.redo === "failed") });
  if (where === null) return null;
  where.push(isNull(failedReplies.dueAt));
  if (after) where.push(gt(failedReplies.id, after));
  return where;
}
