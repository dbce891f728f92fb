import { and, eq, gt, isNull, like, lte, or } from "drizzle-orm";
import type { Config } from "../config.ts";
import { type Key, keys } from "../db/schema/keys.ts";
import type { Caller } from "../http/caller.ts";
import { log } from "../lib/log.ts";
import { sameSecret } from "../lib/secrets.ts";
import { sha256Hex } from "../lib/text.ts";
import { HOUR } from "../lib/time.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Services } from "../services.ts";
import { readKeyText } from "./key-text.ts";
import { copyOf, type KeyServices, type KnownKey, knownKey } from "./known-keys.ts";

export type AccessServices = Pick<Services, "config" | "db" | "clock">;

const ADMIN: Caller = { kind: "admin_key", id: null, name: "ADMIN_KEY", scopes: ["admin"], session: null };

/**
 * Whose key this is; null for what is no key, or none any more.
 * @param forBot see `knownKey`
 */
export async function findCaller(
  services: AccessServices,
  given: string,
  waitUntil: WaitUntil,
  { forBot = false } = {},
): Promise<Caller | null> {
  if (isAdminKey(services.config, given)) return adminCaller(services);
  const parts = readKeyText(given);
  if (parts === null) return null;
  const known = await knownKey(services, parts.id, waitUntil, { forBot });
  if (known === null || !(await isItsSecret(known, parts.secret)) || !isLive(known.row, services.clock())) return null;
  noteUse(services, known.row, waitUntil);
  return callerOf(known.row);
}

/**
 * Whose key this is, where this isolate has seen it to be right before: what a stranger cannot bring about. Whether it
 * still opens anything is another question. Reads nothing.
 */
export function knownHolder({ config, db }: AccessServices, given: string): Pick<Caller, "kind" | "id"> | null {
  if (isAdminKey(config, given)) return ADMIN;
  const parts = readKeyText(given);
  const secret = parts && copyOf(db, parts.id)?.secret;
  return parts && secret && sameSecret(parts.secret, secret) ? { kind: "key", id: parts.id } : null;
}

/** The caller whom ADMIN_KEY lets in; null while it is switched off. */
export async function adminCaller(services: AccessServices): Promise<Caller | null> {
  return (await isAdminKeyOn(services)) ? ADMIN : null;
}

export function callerOf({ id, name, scopes }: Pick<Key, "id" | "name" | "scopes">): Caller {
  return { kind: "key", id, name, scopes, session: null };
}

export function isLive({ revokedAt, expiresAt }: Pick<Key, "revokedAt" | "expiresAt">, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}

function isAdminKey({ ADMIN_KEY }: Config, key: string): boolean {
  return sameSecret(key, ADMIN_KEY);
}

/** ADMIN_KEY_OFF counts only while another key of an admin's opens: nobody locks everybody out. */
export async function isAdminKeyOn({ config, db, clock }: AccessServices): Promise<boolean> {
  if (!config.ADMIN_KEY_OFF) return true;
  const live = and(isNull(keys.revokedAt), or(isNull(keys.expiresAt), gt(keys.expiresAt, clock())));
  const other = await db
    .select({ id: keys.id })
    .from(keys)
    .where(and(like(keys.scopes, '%"admin"%'), live))
    .limit(1)
    .get();
  return other === undefined;
}

async function isItsSecret(known: KnownKey, given: string): Promise<boolean> {
  if (known.secret !== null) return sameSecret(given, known.secret);
  if (!sameSecret(await sha256Hex(given), known.row.secretHash)) return false;
  known.secret = given;
  return true;
}

/** At most once an hour, after the answer. */
export function noteUse({ db, clock }: KeyServices, row: Pick<Key, "id" | "lastUsedAt">, waitUntil: WaitUntil): void {
  const now = clock();
  if (row.lastUsedAt !== null && now < row.lastUsedAt + HOUR) return;
  row.lastUsedAt = now;
  const before = or(isNull(keys.lastUsedAt), lte(keys.lastUsedAt, now - HOUR));
  const noted = db
    .update(keys)
    .set({ lastUsedAt: now })
    .where(and(eq(keys.id, row.id), before))
    .run()
    .catch((error: unknown) => log.warn("key_use_not_noted", { key_id: row.id }, error));
  waitUntil(noted);
}
