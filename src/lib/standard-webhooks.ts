import { fromBase64Url } from "./base64url.ts";
import { hmacKey } from "./secrets.ts";
import { MINUTE, SECOND } from "./time.ts";

/*
 * Webhooks signed as Standard Webhooks has it (standardwebhooks.com), which OpenAI and others follow: HMAC-SHA256 over
 * `id.timestamp.body`, in `webhook-signature` as `v1,<base64>`.
 */

/** How far a delivery's time may lie from ours: an old one that somebody recorded is worth nothing. */
export const TOLERANCE_MS = 5 * MINUTE;

/** While a secret is replaced there are two; more are an attempt to keep us busy. */
const MOST_SIGNATURES = 10;

const PREFIX = "whsec_";

export interface Delivery {
  id: string | undefined;
  /** Seconds since 1970, as sent. */
  timestamp: string | undefined;
  signature: string | undefined;
  /** As it came: a body that was parsed and written again has another signature. */
  body: Uint8Array;
}

/** What is wrong with a delivery. */
export type Refusal = "incomplete" | "too_old" | "wrong_signature";

/**
 * Whether a delivery comes from who knows one of the secrets, and now. Signatures are compared in constant time.
 * @returns null when it does, otherwise why not
 */
export async function refuseDelivery(
  { id, timestamp, signature, body }: Delivery,
  secrets: string[],
  now: number,
): Promise<Refusal | null> {
  if (!id || !timestamp || !signature || !/^\d{1,12}$/.test(timestamp)) return "incomplete";
  if (Math.abs(now - Number(timestamp) * SECOND) > TOLERANCE_MS) return "too_old";
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(head.byteLength + body.byteLength);
  signed.set(head);
  signed.set(body, head.byteLength);
  const given = signature
    .split(" ")
    .flatMap((part) => (part.startsWith("v1,") ? (fromBase64Url(part.slice(3)) ?? []) : []));
  for (const secret of secrets) {
    const key = await keyOf(secret);
    for (const one of given.slice(0, MOST_SIGNATURES)) {
      if (await crypto.subtle.verify("HMAC", key, one, signed)) return null;
    }
  }
  return "wrong_signature";
}

/** True for `whsec_` and base64; a secret without that prefix is taken as it is written. */
export function isWebhookSecret(secret: string): boolean {
  if (!secret.startsWith(PREFIX)) return secret !== "";
  return (fromBase64Url(secret.slice(PREFIX.length))?.byteLength ?? 0) > 0;
}

function keyOf(secret: string): Promise<CryptoKey> {
  const bytes = secret.startsWith(PREFIX)
    ? fromBase64Url(secret.slice(PREFIX.length))
    : new TextEncoder().encode(secret);
  return hmacKey(bytes ?? new Uint8Array());
}
