import { timingSafeEqual } from "hono/utils/buffer";
import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";

/*
 * Links that open one thing without a key, for a while: `<what>.<expires>.<signature>`. They are signed with a key
 * made from the ADMIN_KEY for this purpose alone; a new ADMIN_KEY ends all links.
 */

const PURPOSE = "redraft: signed links, 1";

/** @param what names the one thing it opens; @param expires milliseconds */
export async function signToken(adminKey: string, what: string, expires: number): Promise<string> {
  const claim = `${toBase64Url(new TextEncoder().encode(what))}.${expires.toString(36)}`;
  return `${claim}.${await sign(adminKey, claim)}`;
}

/** What a token opens, or null when it is not ours or its time is over. */
export async function readToken(adminKey: string, token: string, now: number): Promise<string | null> {
  const [what = "", expires = "", signature = "", ...more] = token.split(".");
  if (more.length > 0) return null;
  if (!(await timingSafeEqual(signature, await sign(adminKey, `${what}.${expires}`)))) return null;
  if (!(Number.parseInt(expires, 36) > now)) return null;
  return new TextDecoder().decode(fromBase64Url(what));
}

async function sign(adminKey: string, claim: string): Promise<string> {
  const derived = await hmac(new TextEncoder().encode(adminKey), PURPOSE);
  return toBase64Url(await hmac(derived, claim));
}

async function hmac(secret: Uint8Array, text: string): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
}
