import { and, eq, gt, lte } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { keys } from "../db/schema/keys.ts";
import { sessions } from "../db/schema/sessions.ts";
import { type Caller, mayUse } from "../http/caller.ts";
import { newSecret } from "../lib/secrets.ts";
import { sha256Hex } from "../lib/text.ts";
import { HOUR } from "../lib/time.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import { type AccessServices, adminCaller, callerOf, isLive, noteUse } from "./find-caller.ts";

/** How long one lasts, in milliseconds. */
export const SESSION_MS = 12 * HOUR;

/**
 * Begins a session, and removes those that have expired.
 * @param keyId the key it is opened with; null: ADMIN_KEY
 * @returns its id, for the browser alone
 */
export async function beginSession(db: Db, keyId: string | null, now: number): Promise<string> {
  const id = newSecret();
  const row = { idHash: await sha256Hex(id), keyId, createdAt: now, expiresAt: now + SESSION_MS };
  await db.batch([db.delete(sessions).where(lte(sessions.expiresAt, now)), db.insert(sessions).values(row)]);
  return id;
}

/**
 * Who opened a session, with the rights of the key it was opened with; null where it has not begun, has ended, or its
 * key has. Read from the database each time: kept in an isolate, it would go on there after it was ended elsewhere.
 */
export async function findSession(services: AccessServices, id: string, waitUntil: WaitUntil): Promise<Caller | null> {
  const { db, clock } = services;
  const now = clock();
  const session = await sha256Hex(id);
  const row = await db
    .select({ keyId: sessions.keyId, key: keys })
    .from(sessions)
    .leftJoin(keys, eq(keys.id, sessions.keyId))
    .where(and(eq(sessions.idHash, session), gt(sessions.expiresAt, now)))
    .get();
  if (row === undefined) return null;
  if (row.keyId === null) {
    const admin = await adminCaller(services);
    return admin && { ...admin, session };
  }
  if (row.key === null || !isLive(row.key, now)) return null;
  noteUse(services, row.key, waitUntil);
  return { ...callerOf(row.key), session };
}

export async function endSession(db: Db, id: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.idHash, await sha256Hex(id)));
}

/** Signs out every browser that this caller's key signed in; an admin signs out all there are. */
export async function endSessionsOf(db: Db, caller: Caller): Promise<void> {
  await db.delete(sessions).where(mayUse(caller, "admin") ? undefined : eq(sessions.keyId, caller.id ?? ""));
}
