import { and, eq, sql } from "drizzle-orm";
import { type Db, rowsFromJson } from "../../db/client.ts";
import { auditItems, auditLabels } from "../../db/schema/audit.ts";
import { improvements } from "../../db/schema/improvements.ts";
import { found, RedraftError } from "../../lib/errors.ts";
import { retryD1 } from "../../lib/retry-d1.ts";
import type { Services } from "../../services.ts";
import { placeFor } from "./next-item.ts";
import { IS_AUDITED } from "./population.ts";
import type { LabelInput } from "./schemas.ts";

/**
 * Keeps what a person says of an item.
 * @returns the label's id
 * @throws RedraftError `not_found` for an item that left the audit; `conflict` when this person has rated it already
 */
export async function rateItem(
  { db, clock, newId }: Pick<Services, "db" | "clock" | "newId">,
  itemId: string,
  said: LabelInput,
  reviewer: string,
): Promise<string> {
  const item = found(await readSeed(db, itemId), "audit item");
  const { newFirst } = placeFor(item.seed, reviewer);
  const label = {
    ...{ id: newId(), itemId, ...labelOf(said, newFirst), newFirst },
    ...{ ratedBy: reviewer, createdAt: clock() },
  };
  const [kept] = await retryD1(() =>
    db
      .batch([
        db
          .insert(auditLabels)
          .select(rowsFromJson(auditLabels, [label], { where: () => sql`${stillThere(itemId)}` }))
          .onConflictDoNothing(),
        db
          .select({ id: auditLabels.id })
          .from(auditLabels)
          .where(and(eq(auditLabels.itemId, itemId), sql`lower(${auditLabels.ratedBy}) = lower(${reviewer})`)),
      ])
      .then(([, rows]) => rows),
  );
  if (kept?.id === label.id) return label.id;
  if (kept === undefined) found(null, "audit item");
  throw new RedraftError("conflict", `${reviewer} has rated this one already; the first rating counts.`);
}

const stillThere = (itemId: string) => sql`exists (select 1 from ${auditItems} a where a.id = ${itemId})`;

async function readSeed(db: Db, itemId: string) {
  const [row] = await db
    .select({ seed: auditItems.seed })
    .from(auditItems)
    .innerJoin(improvements, eq(improvements.id, auditItems.improvementId))
    .where(and(eq(auditItems.id, itemId), IS_AUDITED));
  return row ?? null;
}

/** What was said of the first and the second reply, as said of the old and the new one. */
function labelOf({ first, second, better }: LabelInput, newFirst: boolean) {
  if (better === "unsure" || first === undefined || second === undefined)
    return { oldRating: null, newRating: null, better: null };
  const ratings = newFirst ? { oldRating: second, newRating: first } : { oldRating: first, newRating: second };
  const verdict = better === "equal" ? better : (better === "first") === newFirst ? "new" : "old";
  return { ...ratings, better: verdict } as const;
}
