import type { Config } from "../../config.ts";
import { toBase64Url } from "../../lib/base64url.ts";
import { hmacKey } from "../../lib/secrets.ts";

const PURPOSE = "redraft: addresses in the audit log, 1";

/** 96 bits tell the addresses of a log apart. */
const BYTES = 12;

/**
 * An address as the audit log keeps it: the same address is the same hash. There are few enough addresses to try them
 * all, so it takes ADMIN_KEY to make one; after a new ADMIN_KEY every address has another hash.
 */
export async function hashAddress({ ADMIN_KEY }: Config, address: string): Promise<string> {
  const bytes = new TextEncoder();
  const hash = await crypto.subtle.sign(
    "HMAC",
    await hmacKey(bytes.encode(ADMIN_KEY)),
    bytes.encode(`${PURPOSE} ${address}`),
  );
  return toBase64Url(new Uint8Array(hash).subarray(0, BYTES));
}
