import type { Config } from "../config.ts";
import { networkOf } from "../http/network-of.ts";
import { toBase64Url } from "../lib/base64url.ts";
import { hmacKey } from "../lib/secrets.ts";

/** 96 bits tell addresses apart. */
const BYTES = 12;

/**
 * The network a request comes from, as it is counted and kept: the same network is the same hash. There are few enough
 * addresses to try them all, so it takes ADMIN_KEY to make one; after a new ADMIN_KEY every address has another hash.
 */
export async function hashedAddress({ ADMIN_KEY }: Pick<Config, "ADMIN_KEY">, headers: Headers): Promise<string> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const key = await hmacKey(encode(ADMIN_KEY));
  const hash = await crypto.subtle.sign("HMAC", key, encode(`redraft: address ${networkOf(headers)}`));
  return toBase64Url(new Uint8Array(hash).subarray(0, BYTES));
}
