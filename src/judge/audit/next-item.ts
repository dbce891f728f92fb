import { and, eq, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { auditItems, auditLabels } from "../../db/schema/audit.ts";
import { failedReplies, prompts } from "../../db/schema/failures.ts";
import { improvements } from "../../db/schema/improvements.ts";
import { hashText } from "../../lib/text-hash.ts";
import type { Services } from "../../services.ts";
import { drawSample } from "./draw-sample.ts";
import { IS_AUDITED } from "./population.ts";
import type { AuditItem } from "./schemas.ts";

/** So many people may be unable to tell before nobody else is asked. */
const MOST_SKIPS = 2;

type Choosing = Pick<Services, "db" | "clock" | "newId" | "chance">;

/**
 * What a person is to rate next, blind; where nothing drawn is left for that person, more is drawn.
 * @returns null when there is nothing that this person has not rated
 */
export async function nextItem(services: Choosing, person: string): Promise<AuditItem | null> {
  const id =
    (await findOpen(services.db, person)) ?? ((await drawSample(services)) && (await findOpen(services.db, person)));
  return id ? readItem(services.db, id, person) : null;
}

/** The oldest draw first; within it, each person in an order of their own, so that two at work seldom meet. */
async function findOpen(db: Db, person: string): Promise<string | null> {
  const given = sql`select 1 from ${auditLabels} l where l.item_id = ${auditItems.id}`;
  const open = await db
    .select({ id: auditItems.id, drawId: auditItems.drawId, seed: auditItems.seed })
    .from(auditItems)
    // A cross join keeps its order in SQLite: from the items, which are few, to their improvements.
    .crossJoin(improvements)
    .where(
      and(
        eq(improvements.id, auditItems.improvementId),
        IS_AUDITED,
        sql`not exists (${given} and lower(l.rated_by) = lower(${person}))`,
        sql`(select count(l.better) from ${auditLabels} l where l.item_id = ${auditItems.id}) < ${auditItems.people}`,
        sql`(select count(*) - count(l.better) from ${auditLabels} l where l.item_id = ${auditItems.id}) < ${MOST_SKIPS}`,
      ),
    );
  const place = ({ drawId, seed }: (typeof open)[number]) => `${drawId} ${placeFor(seed, person).order}`;
  return open.toSorted((a, b) => (place(a) < place(b) ? -1 : 1))[0]?.id ?? null;
}

/** Where an item stands in a person's order, and whether that person sees its new reply first. */
export function placeFor(seed: number, person: string): { order: string; newFirst: boolean } {
  const { high, low } = hashText(`${seed} ${person}`);
  return { order: high.toString(16).padStart(8, "0"), newFirst: low % 2 === 0 };
}

/** An item as a person sees it. @returns null for one that is not there, or left the audit */
export async function readItem(db: Db, id: string, person: string): Promise<AuditItem | null> {
  const [row] = await db
    .select({
      ...{ seed: auditItems.seed, customer_message: prompts.originalPrompt, conversation: prompts.conversation },
      ...{ old: improvements.originalReply, new: improvements.correctedReply, agent_reply: failedReplies.agentReply },
    })
    .from(auditItems)
    .innerJoin(improvements, eq(improvements.id, auditItems.improvementId))
    .innerJoin(prompts, eq(prompts.id, improvements.promptId))
    .innerJoin(failedReplies, eq(failedReplies.id, improvements.failedReplyId))
    .where(and(eq(auditItems.id, id), IS_AUDITED));
  if (row === undefined) return null;
  const { seed, old, new: corrected, ...shown } = row;
  const [first, second] = placeFor(seed, person).newFirst ? [corrected, old] : [old, corrected];
  return { id, ...shown, first, second };
}
