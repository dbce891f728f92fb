import { count, max, sql } from "drizzle-orm";
import { rowsFromJson } from "../../db/client.ts";
import { auditDraws, auditItems } from "../../db/schema/audit.ts";
import { improvements } from "../../db/schema/improvements.ts";
import type { Services } from "../../services.ts";
import { IS_AUDITED } from "./population.ts";

/** Improvements in one draw: half an hour's work, so that the newest are never out of reach for long. */
const DRAWN_AT_ONCE = 20;

/** One in so many is rated by two people. */
const TWICE_EVERY = 4;

/**
 * Draws improvements for people to rate, each with the same probability, from all that no draw has taken yet: those
 * that came since the last draw too. Reads all improvements: once in twenty ratings.
 * @returns false where there is nothing left to draw
 */
export async function drawSample({
  db,
  clock,
  newId,
  chance,
}: Pick<Services, "db" | "clock" | "newId" | "chance">): Promise<boolean> {
  const open = sql`${IS_AUDITED} and ${improvements.id} not in (select a.improvement_id from ${auditItems} a)`;
  const [[last], [counted], drawn] = await db.batch([
    db.select({ number: max(auditDraws.number).as("number") }).from(auditDraws),
    db
      .select({ n: count().as("n"), newest: max(improvements.seq).as("newest") })
      .from(improvements)
      .where(open),
    db.select({ id: improvements.id }).from(improvements).where(open).orderBy(sql`random()`).limit(DRAWN_AT_ONCE),
  ]);
  const population = counted?.n ?? 0;
  if (drawn.length === 0) return false;
  const draw = {
    ...{ id: newId(), number: (last?.number ?? 0) + 1, population, probability: drawn.length / population },
    ...{ boundary: counted?.newest ?? 0, createdAt: clock() },
  };
  const items = drawn.map(({ id }, i) => ({
    ...{ id: newId(), drawId: draw.id, improvementId: id, people: i % TWICE_EVERY === 0 ? 2 : 1 },
    seed: Math.floor(chance() * 2 ** 32),
  }));
  // Where somebody else drew meanwhile, theirs counts and this one leaves nothing.
  const isOurs = sql`exists (select 1 from ${auditDraws} d where d.id = ${draw.id})`;
  await db.batch([
    db
      .insert(auditDraws)
      .select(rowsFromJson(auditDraws, [draw]))
      .onConflictDoNothing(),
    db.insert(auditItems).select(rowsFromJson(auditItems, items, { where: () => isOurs })),
  ]);
  return true;
}
