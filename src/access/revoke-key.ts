import { and, eq, isNull } from "drizzle-orm";
import { keys } from "../db/schema/keys.ts";
import { sessions } from "../db/schema/sessions.ts";
import { found } from "../lib/errors.ts";
import { retryD1 } from "../lib/retry-d1.ts";
import type { Services } from "../services.ts";
import { forgetKey } from "./known-keys.ts";

/**
 * Ends a key, and with it the sessions it opened and the links it signed: here at once, in every isolate within a
 * minute. Repeating it changes nothing.
 * @throws RedraftError `not_found`
 */
export async function revokeKey(
  { db, clock }: Pick<Services, "db" | "clock">,
  id: string,
  actor: string,
): Promise<void> {
  found(await db.select({ id: keys.id }).from(keys).where(eq(keys.id, id)).get(), "key");
  await retryD1(() =>
    db.batch([
      db
        .update(keys)
        .set({ revokedAt: clock(), revokedBy: actor })
        .where(and(eq(keys.id, id), isNull(keys.revokedAt))),
      db.delete(sessions).where(eq(sessions.keyId, id)),
    ]),
  );
  forgetKey(db, id);
}
