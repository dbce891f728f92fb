import { and, eq, gt, lte } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { sessions } from "../db/schema/sessions.ts";
import { newSecret } from "../lib/secrets.ts";
import { sha256Hex } from "../lib/text.ts";
import { HOUR } from "../lib/time.ts";

/** How long one lasts, in milliseconds. */
export const SESSION_MS = 12 * HOUR;

/** Begins a session, and removes those that have expired. @returns its id, for the browser alone */
export async function beginSession(db: Db, now: number): Promise<string> {
  const id = newSecret();
  const row = { idHash: await sha256Hex(id), createdAt: now, expiresAt: now + SESSION_MS };
  await db.batch([db.delete(sessions).where(lte(sessions.expiresAt, now)), db.insert(sessions).values(row)]);
  return id;
}

/**
 * Whether a session has begun and not ended. Read from the database each time, by the key: kept in an isolate, it would
 * go on there after it was ended elsewhere.
 */
export async function isSession(db: Db, id: string, now: number): Promise<boolean> {
  const row = await db
    .select({ expiresAt: sessions.expiresAt })
    .from(sessions)
    .where(and(eq(sessions.idHash, await sha256Hex(id)), gt(sessions.expiresAt, now)))
    .get();
  return row !== undefined;
}

export async function endSession(db: Db, id: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.idHash, await sha256Hex(id)));
}

/** Signs out every browser. */
export async function endAllSessions(db: Db): Promise<void> {
  await db.delete(sessions);
}
