import { asc, inArray, lt, max, sql } from "drizzle-orm";
import { erasures } from "../db/schema/erasure.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { firstIdOf } from "../lib/ids.ts";
import { DAY, HOUR } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { eraseFailures } from "./erase-failures.ts";

/** Failures that one sweep erases: 500 a minute are 720,000 a day. */
const MOST_AT_ONCE = 500;

/**
 * So long it leaves the exports alone that are being written: an erasure has them begin again, and one a minute would
 * never let them end.
 */
const EXPORTS_HAVE_MS = HOUR;

/**
 * Erases failures that were recorded longer ago than FAILURE_RETENTION_DAYS, the oldest first. Their ids tell when
 * that was; when the helpdesk says it happened does not count. For the sweep.
 */
export async function eraseOldFailures(
  services: Pick<Services, "db" | "bucket" | "clock" | "newId" | "clusters" | "jobs" | "config">,
): Promise<void> {
  const { db, clock, config } = services;
  if (config.FAILURE_RETENTION_DAYS === 0) return;
  const now = clock();
  const old = await db
    .select({ id: failedReplies.id })
    .from(failedReplies)
    .where(lt(failedReplies.id, firstIdOf(now - config.FAILURE_RETENTION_DAYS * DAY)))
    .orderBy(asc(failedReplies.id))
    .limit(MOST_AT_ONCE);
  if (old.length === 0 || (await mustWait(services, now))) return;
  await eraseFailures(
    services,
    old.map(({ id }) => id),
  );
}

/** While the erasures before are not finished, or exports have not had their time since. */
async function mustWait({ db }: Pick<Services, "db">, now: number): Promise<boolean> {
  const [[open], [writing], [last]] = await db.batch([
    db
      .select({ one: sql<number>`1`.as("one") })
      .from(erasures)
      .where(sql`${erasures.finishedAt} is null`)
      .limit(1),
    db
      .select({ id: exportsTable.id })
      .from(exportsTable)
      .where(inArray(exportsTable.status, ["queued", "running"]))
      .limit(1),
    db.select({ at: max(erasures.erasedAt).as("at") }).from(erasures),
  ]);
  return open !== undefined || (writing !== undefined && now - (last?.at ?? 0) < EXPORTS_HAVE_MS);
}
