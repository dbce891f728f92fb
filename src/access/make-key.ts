import { keys, SCOPES } from "../db/schema/keys.ts";
import { RedraftError } from "../lib/errors.ts";
import { sha256Hex } from "../lib/text.ts";
import type { Services } from "../services.ts";
import { newKeyText } from "./key-text.ts";
import { keyAsOutput } from "./queries.ts";
import type { KeyInput, KeyOutput } from "./schemas.ts";

/**
 * Makes a key. Its text is answered once, and kept nowhere.
 * @throws RedraftError `invalid` for one that would have expired already
 */
export async function makeKey(
  { db, clock, newId }: Pick<Services, "db" | "clock" | "newId">,
  { name, scopes, expires_at: expiresAt = null }: KeyInput,
  actor: string,
): Promise<KeyOutput & { key: string }> {
  const now = clock();
  if (expiresAt !== null && expiresAt <= now) {
    const errors = [{ pointer: "/expires_at", detail: "must be in the future" }];
    throw new RedraftError("invalid", "This key would have expired already.", errors);
  }
  const id = newId();
  const { text, secret } = newKeyText(id);
  const row = {
    ...{ id, name, scopes: SCOPES.filter((one) => scopes.includes(one)), expiresAt },
    ...{ secretHash: await sha256Hex(secret), createdAt: now, createdBy: actor },
    ...{ revokedAt: null, revokedBy: null, lastUsedAt: null },
  };
  await db.insert(keys).values(row);
  return { ...keyAsOutput(row), key: text };
}

/** What the audit log says of a key that was made. */
export function noteOf({ id, scopes, expires_at }: KeyOutput) {
  return { subject: id, after: { scopes, expires_at } };
}
