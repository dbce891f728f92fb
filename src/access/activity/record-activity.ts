import { sql } from "drizzle-orm";
import { rowsFromJson } from "../../db/client.ts";
import { activity } from "../../db/schema/activity.ts";
import { firstIdOf } from "../../lib/ids.ts";
import { retryD1 } from "../../lib/retry-d1.ts";
import { HOUR } from "../../lib/time.ts";
import type { Services } from "../../services.ts";

/** Refusals that are kept of an hour, from one address and in all: whoever knocks a million times fills no database. */
export const MOST_REFUSED = { ofAddress: 20, inAll: 200 };

type Entry = Omit<typeof activity.$inferInsert, "id" | "addressHash" | "createdAt">;

/**
 * Adds an entry to the audit log. Of what was refused only the first of each hour are kept.
 * @param addressHash where it came from (`hashedAddress`); null where that is not known
 */
export async function recordActivity(
  { db, clock, newId }: Pick<Services, "db" | "clock" | "newId">,
  entry: Entry,
  addressHash: string | null,
): Promise<void> {
  const now = clock();
  const row = { ...entry, id: newId(), addressHash, createdAt: now };
  // The same id each time: a try that was stored and not answered is not stored again.
  const insert = db.insert(activity);
  if (entry.outcome !== "refused") {
    await retryD1(() => insert.values(row).onConflictDoNothing().run());
    return;
  }
  const { ofAddress, inAll } = MOST_REFUSED;
  const isRoom = sql`(select count(*) < ${inAll} and coalesce(sum(${activity.addressHash} is ${addressHash}), 0) < ${ofAddress}
    from ${activity} where ${activity.id} >= ${firstIdOf(now - HOUR)} and outcome = 'refused')`;
  await retryD1(() =>
    insert
      .select(rowsFromJson(activity, [row], { where: () => isRoom }))
      .onConflictDoNothing()
      .run(),
  );
}
