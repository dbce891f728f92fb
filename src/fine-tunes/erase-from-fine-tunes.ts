import { and, eq, inArray, isNotNull, sql } from "drizzle-orm";
import { valuesOf } from "../db/client.ts";
import { erasures } from "../db/schema/erasure.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { fineTunes } from "../db/schema/fine-tunes.ts";
import { SECOND } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { cancelFineTunes } from "./cancel-fine-tune.ts";
import { ProviderError } from "./provider.ts";

export const TEXT_ERASED = "A text in its training file was erased.";
export const TEXT_WITHDRAWN = "A text in its training file was withdrawn.";

/**
 * Ends fine-tunes whose files hold what was erased, where they are not over yet, and forgets what the provider said of
 * those files: it may have quoted them. Repeating it changes nothing.
 */
export async function eraseFromFineTunes(
  services: Pick<Services, "db" | "clock" | "jobs">,
  ids: string[],
): Promise<void> {
  if (ids.length === 0) return;
  await cancelFineTunes(services, ids, TEXT_ERASED);
  const which = inArray(fineTunes.id, valuesOf(ids));
  await services.db.batch([
    services.db.update(fineTunes).set({ events: [] }).where(which),
    services.db
      .update(fineTunes)
      .set({ error: TEXT_ERASED })
      .where(and(which, isNotNull(fineTunes.error))),
  ]);
}

/** How soon an erasure that goes on is looked at again. */
const LOOK_AGAIN_MS = 15 * SECOND;

/**
 * Looks whether a file may be sent or trained on. Asked right before each of these: what was erased, or
 * withdrawn, in between must not be.
 * @returns when to look again, while an erasure goes on that may yet reach the file; null: now
 * @throws ProviderError where a text in it was erased or withdrawn
 */
export async function waitForErasures(
  { db, clock }: Pick<Services, "db" | "clock">,
  { exportId, generation }: Pick<typeof fineTunes.$inferSelect, "exportId" | "generation">,
): Promise<number | null> {
  const [[open], [stale]] = await db.batch([
    db
      .select({ one: sql<number>`1`.as("one") })
      .from(erasures)
      .where(sql`${erasures.finishedAt} is null`)
      .limit(1),
    db
      .select({ reason: exportsTable.staleReason })
      .from(exportsTable)
      .where(
        and(eq(exportsTable.id, exportId), eq(exportsTable.generation, generation), isNotNull(exportsTable.staleAt)),
      ),
  ]);
  if (stale !== undefined)
    throw new ProviderError("invalid", stale.reason === "withdrawn" ? TEXT_WITHDRAWN : TEXT_ERASED);
  return open === undefined ? null : clock() + LOOK_AGAIN_MS;
}
