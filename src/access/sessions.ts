import { and, eq, gt, lte, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type Key, keys } from "../db/schema/keys.ts";
import { people } from "../db/schema/people.ts";
import { sessions } from "../db/schema/sessions.ts";
import { type Caller, mayUse } from "../http/caller.ts";
import { log } from "../lib/log.ts";
import { newSecret } from "../lib/secrets.ts";
import { sha256Hex } from "../lib/text.ts";
import { HOUR, MINUTE } from "../lib/time.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import { type AccessServices, adminCaller, callerOf, isLive, noteUse } from "./find-caller.ts";

/** How long one lasts, whatever is done in it, in milliseconds. */
export const SESSION_MS = 12 * HOUR;

/** How long one lasts that nobody uses. */
export const IDLE_MS = 2 * HOUR;

/** So exactly is known when it was last used: not every page writes. */
const NOTE_MS = 5 * MINUTE;

/**
 * Begins a session, and removes those that have expired.
 * @param keyId the key it is opened with; null: ADMIN_KEY
 * @returns its id, for the browser alone
 */
export async function beginSession(db: Db, keyId: string | null, now: number): Promise<string> {
  const id = newSecret();
  const row = { idHash: await sha256Hex(id), keyId, createdAt: now, lastSeenAt: now, expiresAt: now + SESSION_MS };
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
    .select({ keyId: sessions.keyId, lastSeenAt: sessions.lastSeenAt, key: keys })
    .from(sessions)
    .leftJoin(keys, eq(keys.id, sessions.keyId))
    .where(and(eq(sessions.idHash, session), gt(sessions.expiresAt, now), gt(sessions.lastSeenAt, now - IDLE_MS)))
    .get();
  if (row === undefined) return null;
  const { lastSeenAt } = row;
  const caller = await openedBy(services, row, waitUntil);
  if (caller !== null && now >= lastSeenAt + NOTE_MS) noteSeen(services, session, waitUntil);
  return caller && { ...caller, session };
}

/** Whose key opened a session; null where it opens nothing any more. */
async function openedBy(
  services: AccessServices,
  { keyId, key }: { keyId: string | null; key: Key | null },
  waitUntil: WaitUntil,
): Promise<Caller | null> {
  if (keyId === null) return adminCaller(services);
  if (key === null || !isLive(key, services.clock())) return null;
  noteUse(services, key, waitUntil);
  return callerOf(key);
}

/** After the answer. */
function noteSeen({ db, clock }: AccessServices, idHash: string, waitUntil: WaitUntil): void {
  const noted = db
    .update(sessions)
    .set({ lastSeenAt: clock() })
    .where(eq(sessions.idHash, idHash))
    .run()
    .catch((error: unknown) => log.warn("session_use_not_noted", {}, error));
  waitUntil(noted);
}

export async function endSession(db: Db, id: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.idHash, await sha256Hex(id)));
}

/**
 * Signs out every browser that this caller's key signed in; an admin's key signs out all there are, people's too. A
 * person signs out themselves, which also ends the links they made.
 */
export async function endSessionsOf(
  { db, clock }: Pick<AccessServices, "db" | "clock">,
  caller: Caller,
): Promise<void> {
  const isAdmin = mayUse(caller, "admin");
  if (caller.kind !== "person") {
    await db.delete(sessions).where(isAdmin ? undefined : eq(sessions.keyId, caller.id ?? ""));
    if (!isAdmin) return;
  }
  await db
    .update(people)
    .set({ signedOutAt: clock(), linkSecret: sql`hex(randomblob(32))` })
    .where(caller.kind === "person" ? eq(people.id, caller.id ?? "") : undefined);
}
