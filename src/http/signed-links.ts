import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";
import { hmacKey } from "../lib/secrets.ts";

/*
 * Links that open one thing without a key, for a while: `<what>.<expires>.<signature>`. They are signed with a key
 * made from the ADMIN_KEY for this purpose alone; a new ADMIN_KEY ends all links.
 */

const PURPOSE = "redraft: signed links, 1";

/** @param what names the one thing it opens; @param expires milliseconds */
export async function signToken(adminKey: string, what: string, expires: number): Promise<string> {
  const claim = `${toBase64Url(encode(what))}.${expires.toString(36)}`;
  return `${claim}.${toBase64Url(await sign(await keyFor(adminKey), claim))}`;
}

/** What a token opens, or null when it is not ours or has expired. */
export async function readToken(adminKey: string, token: string, now: number): Promise<string | null> {
  const [what = "", expires = "", signature = "", ...more] = token.split(".");
  if (more.length > 0) return null;
  const signed = fromBase64Url(signature) ?? new Uint8Array();
  if (!(await crypto.subtle.verify("HMAC", await keyFor(adminKey), signed, encode(`${what}.${expires}`)))) return null;
  if (!(Number.parseInt(expires, 36) > now)) return null;
  return new TextDecoder().decode(fromBase64Url(what));
}

async function keyFor(adminKey: string): Promise<CryptoKey> {
  return hmacKey(await sign(await hmacKey(encode(adminKey)), PURPOSE));
}

async function sign(key: CryptoKey, text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encode(text)));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
