import { inArray, lt, sql } from "drizzle-orm";
import { activity } from "../../db/schema/activity.ts";
import { firstIdOf } from "../../lib/ids.ts";
import { DAY } from "../../lib/time.ts";
import type { Services } from "../../services.ts";

/** Entries that one sweep removes: far more than come in a minute. */
const MOST_AT_ONCE = 1_000;

/** Removes entries of the audit log that are older than AUDIT_LOG_RETENTION_DAYS, the oldest first. For the sweep. */
export async function removeOldActivity({
  db,
  clock,
  config,
}: Pick<Services, "db" | "clock" | "config">): Promise<void> {
  if (config.AUDIT_LOG_RETENTION_DAYS === 0) return;
  const old = db
    .select({ id: activity.id })
    .from(activity)
    .where(lt(activity.id, firstIdOf(clock() - config.AUDIT_LOG_RETENTION_DAYS * DAY)))
    .orderBy(sql`id`)
    .limit(MOST_AT_ONCE);
  await db.delete(activity).where(inArray(activity.id, old));
}
