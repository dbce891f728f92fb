import { toBase64Url } from "./base64url.ts";

/** 256 bits of chance, as text: nobody guesses it. */
export function newSecret(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/**
 * Whether two texts are the same, in a time that depends on the given one's length alone. Hashing both first, as
 * libraries do, takes longer than everything else a prompt needs.
 */
export function sameSecret(given: string, secret: string): boolean {
  let different = given.length ^ secret.length;
  // Beyond the secret's end there is NaN, which counts as 0: by then the lengths have shown the difference.
  for (let i = 0; i < given.length; i++) different |= given.charCodeAt(i) ^ secret.charCodeAt(i);
  return different === 0;
}

/** A key to sign with and to check signatures with, by HMAC-SHA256. */
export function hmacKey(secret: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}
