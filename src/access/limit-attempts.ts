import { and, eq, gt, inArray, lt, lte, or, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { signInAttempts } from "../db/schema/people.ts";
import { MINUTE } from "../lib/time.ts";
import type { Services } from "../services.ts";

/** How many attempts may fail in a window: from one address, and from all together. */
export const MOST_FAILED = { address: 10, all: 500 };
export const WINDOW_MS = 15 * MINUTE;

/** The row that counts for all addresses; a hash is longer. */
const ALL = "all";

/** Which limit was reached, and when it ends. */
export interface Blocked {
  by: keyof typeof MOST_FAILED;
  endsAt: number;
}

/**
 * Counts an attempt to sign in as failed, before it is known whether it is: of many at once no more come through than may
 * fail. What one address is refused does not count for all, so that nobody uses up everybody's attempts from there.
 * @param address hashed
 */
export async function beginAttempt(
  { db, clock }: Pick<Services, "db" | "clock">,
  address: string,
): Promise<Blocked | null> {
  const now = clock();
  await db.delete(signInAttempts).where(lte(signInAttempts.endsAt, now));
  return (await count(db, address, "address", now)) ?? (await count(db, ALL, "all", now));
}

/** Takes back what `beginAttempt` counted: it was the right key. */
export async function attemptSucceeded(db: Db, address: string): Promise<void> {
  await db
    .update(signInAttempts)
    .set({ failed: sql`${signInAttempts.failed} - 1` })
    .where(and(inArray(signInAttempts.who, [address, ALL]), gt(signInAttempts.failed, 0)));
}

async function count(db: Db, who: string, by: Blocked["by"], now: number): Promise<Blocked | null> {
  const isOver = sql`${signInAttempts.endsAt} <= ${now}`;
  const endsAt = now + WINDOW_MS;
  const [counted] = await db
    .insert(signInAttempts)
    .values({ who, failed: 1, endsAt })
    .onConflictDoUpdate({
      target: signInAttempts.who,
      set: {
        failed: sql`case when ${isOver} then 1 else ${signInAttempts.failed} + 1 end`,
        endsAt: sql`case when ${isOver} then ${endsAt} else ${signInAttempts.endsAt} end`,
      },
      setWhere: or(isOver, lt(signInAttempts.failed, MOST_FAILED[by])),
    })
    .returning({ who: signInAttempts.who });
  if (counted !== undefined) return null;
  const row = await db
    .select({ endsAt: signInAttempts.endsAt })
    .from(signInAttempts)
    .where(eq(signInAttempts.who, who))
    .get();
  return { by, endsAt: row?.endsAt ?? now };
}
