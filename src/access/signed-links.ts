import { eq } from "drizzle-orm";
import { people } from "../db/schema/people.ts";
import { type Caller, mayUse } from "../http/caller.ts";
import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";
import { hmacKey } from "../lib/secrets.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import { type AccessServices, isAdminKeyOn, isLive } from "./find-caller.ts";
import { SCOPES_OF } from "./find-person.ts";
import { knownKey } from "./known-keys.ts";

/*
 * Links that open one thing without a key, for a while: `<what>.<maker>.<expires>.<signature>`. They end with the key
 * that made them; a person's when that person signs out everywhere, or Access, audience or roles are set anew. They are signed with a key made for this purpose alone from ADMIN_KEY, a new one of which ends all
 * links, and from the hash of their maker's secret: who has an ADMIN_KEY that is switched off can make none.
 */

const PURPOSE = "redraft: signed links, 2";

/** The maker's name for ADMIN_KEY; keys have ids, and people theirs behind this. */
const ADMIN = "admin";
const PERSON = "person-";

/**
 * @param what names the one thing it opens; @param expires milliseconds
 * @throws Error for a caller who has no key: nothing would end the link
 */
export async function signLink(
  services: AccessServices,
  caller: Caller,
  what: string,
  expires: number,
  waitUntil: WaitUntil,
): Promise<string> {
  const maker = caller.kind === "admin_key" ? ADMIN : `${caller.kind === "person" ? PERSON : ""}${caller.id ?? ""}`;
  const secret = await secretOf(services, maker, waitUntil);
  if (secret === null) throw new Error(`a ${caller.kind} cannot make links`);
  const claim = `${toBase64Url(encode(what))}.${maker}.${expires.toString(36)}`;
  return `${claim}.${toBase64Url(await sign(await keyFor(services, secret), claim))}`;
}

/** What a link opens, or null when it is not ours, has expired, or its maker's key has ended. */
export async function readLink(services: AccessServices, token: string, waitUntil: WaitUntil): Promise<string | null> {
  const [what = "", maker = "", expires = "", signature = "", ...more] = token.split(".");
  if (more.length > 0 || !(Number.parseInt(expires, 36) > services.clock())) return null;
  const secret = await secretOf(services, maker, waitUntil);
  if (secret === null) return null;
  const key = await keyFor(services, secret);
  const signed = fromBase64Url(signature) ?? new Uint8Array();
  if (!(await crypto.subtle.verify("HMAC", key, signed, encode(`${what}.${maker}.${expires}`)))) return null;
  return new TextDecoder().decode(fromBase64Url(what));
}

/** The id of the key that made a link; its signature was checked before. */
export function makerOf(token: string): string {
  return token.split(".")[1] ?? "";
}

/** What a maker's links are signed with besides ADMIN_KEY; null where the maker's key opens nothing (any more). */
async function secretOf(services: AccessServices, maker: string, waitUntil: WaitUntil): Promise<string | null> {
  if (maker === ADMIN) return (await isAdminKeyOn(services)) ? "" : null;
  if (maker.startsWith(PERSON)) return secretOfPerson(services, maker.slice(PERSON.length));
  const known = await knownKey(services, maker, waitUntil);
  return known !== null && isLive(known.row, services.clock()) ? known.row.secretHash : null;
}

/** With the settings by which they are let in: who is to come in no more has no links either. */
async function secretOfPerson({ db, config }: AccessServices, id: string): Promise<string | null> {
  const { ACCESS_TEAM_DOMAIN, ACCESS_AUDIENCE, ACCESS_ROLES } = config;
  if (ACCESS_AUDIENCE.length === 0) return null;
  const person = await db.select().from(people).where(eq(people.id, id)).get();
  if (person === undefined || !mayUse({ scopes: SCOPES_OF[person.role] }, "export")) return null;
  return JSON.stringify([person.linkSecret, ACCESS_TEAM_DOMAIN, ACCESS_AUDIENCE, ACCESS_ROLES]);
}

async function keyFor({ config }: AccessServices, secret: string): Promise<CryptoKey> {
  return hmacKey(await sign(await hmacKey(encode(config.ADMIN_KEY)), `${PURPOSE} ${secret}`));
}

async function sign(key: CryptoKey, text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encode(text)));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
