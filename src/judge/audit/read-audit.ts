import { and, asc, count, desc, eq, lt, type SQL, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { auditDraws, auditItems, auditLabels } from "../../db/schema/audit.ts";
import { improvements } from "../../db/schema/improvements.ts";
import { idAfter, type Page, toPage } from "../../http/pagination.ts";
import { toRfc3339 } from "../../lib/time.ts";
import { type DrawnItem, estimateAudit, type Gains } from "./estimate-gain.ts";
import { IS_AUDITED } from "./population.ts";
import type { AuditOutput, LabelOutput, LabelQuery } from "./schemas.ts";

/** The gain as the audit corrects it. Reads all improvements. */
export async function readAudit(db: Db): Promise<AuditOutput> {
  const [draws, rows] = await db.batch([
    db.select().from(auditDraws).orderBy(asc(auditDraws.number)),
    db
      .select({
        ...{ id: auditItems.id, drawId: auditItems.drawId, seq: improvements.seq },
        gain: sql<number>`${improvements.meanRank}`.as("gain"),
        ...{ person: auditLabels.ratedBy, better: auditLabels.better },
        oldRating: sql<number | null>`${auditLabels.oldRating}`.as("old"),
        newRating: sql<number | null>`${auditLabels.newRating}`.as("new"),
      })
      .from(auditItems)
      // A cross join keeps its order in SQLite: from the items, which are few, to their improvements.
      .crossJoin(improvements)
      .leftJoin(auditLabels, eq(auditLabels.itemId, auditItems.id))
      .where(and(eq(improvements.id, auditItems.improvementId), IS_AUDITED)),
  ]);
  const items = itemsOf(rows);
  const ratedDraws = new Set(items.flatMap(({ drawId, labels }) => (labels.length > 0 ? drawId : [])));
  const boundary = Math.max(0, ...draws.flatMap(({ id, boundary }) => (ratedDraws.has(id) ? boundary : [])));
  const [all, covered] = await addGains(db, boundary);
  return estimateAudit({ draws, items, all, covered });
}

interface Row {
  id: string;
  drawId: string;
  seq: number;
  gain: number;
  person: string | null;
  better: DrawnItem["labels"][number]["better"] | null;
  oldRating: number | null;
  newRating: number | null;
}

function itemsOf(rows: Row[]): DrawnItem[] {
  return [...Map.groupBy(rows, ({ id }) => id).values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const labels = own.flatMap(({ person, better, oldRating, newRating }) =>
      person === null || better === null || oldRating === null || newRating === null
        ? []
        : { person, better, oldRating, newRating },
    );
    const asked = own.filter(({ person }) => person !== null).length;
    return { seq: first.seq, drawId: first.drawId, gain: first.gain, labels, unsure: asked - labels.length };
  });
}

/** All gains that count, and those up to a boundary. */
async function addGains(db: Db, boundary: number): Promise<[Gains, Gains]> {
  const gain = improvements.meanRank;
  const sums = (which: SQL) => ({
    n: sql<number>`count(case when ${which} then 1 end)`,
    sum: sql<number>`total(case when ${which} then ${gain} end)`,
    squares: sql<number>`total(case when ${which} then ${gain} * ${gain} end)`,
    better: sql<number>`count(case when ${which} and ${gain} > 0 then 1 end)`,
  });
  const nothing: Gains = { n: 0, sum: 0, squares: 0, better: 0 };
  const [row] = await db
    .select({ all: sums(sql`1`), covered: sums(sql`${improvements.seq} <= ${boundary}`) })
    .from(improvements)
    .where(IS_AUDITED);
  return [row?.all ?? nothing, row?.covered ?? nothing];
}

/** What people said, newest first: which reply was which, and the probability with which it was drawn. */
export async function listLabels(db: Db, query: LabelQuery): Promise<Page<LabelOutput>> {
  const after = idAfter(query.cursor);
  const rows = await db
    .select({
      ...{ id: auditLabels.id, item_id: auditItems.id, improvement_id: auditItems.improvementId },
      ...{ draw: auditDraws.number, inclusion_probability: auditDraws.probability },
      ...{ old_rating: auditLabels.oldRating, new_rating: auditLabels.newRating, better: auditLabels.better },
      ...{ newFirst: auditLabels.newFirst, judge_gain: improvements.scoreGainEstimate },
      ...{ reviewer: auditLabels.ratedBy, createdAt: auditLabels.createdAt },
    })
    .from(auditLabels)
    .innerJoin(auditItems, eq(auditItems.id, auditLabels.itemId))
    .innerJoin(auditDraws, eq(auditDraws.id, auditItems.drawId))
    .innerJoin(improvements, eq(improvements.id, auditItems.improvementId))
    .where(after === undefined ? undefined : lt(auditLabels.id, after))
    .orderBy(desc(auditLabels.id))
    .limit(query.limit + 1);
  return toPage(
    rows,
    query.limit,
    ({ id }) => [id],
    ({ newFirst, createdAt, ...row }) => ({
      ...row,
      seen_first: newFirst ? ("new" as const) : ("old" as const),
      created_at: toRfc3339(createdAt),
    }),
  );
}

/** How many items anybody has rated. */
export async function countRated(db: Db): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(auditItems)
    .crossJoin(improvements)
    .where(
      and(
        eq(improvements.id, auditItems.improvementId),
        IS_AUDITED,
        sql`exists (select 1 from ${auditLabels} l where l.item_id = ${auditItems.id} and l.better is not null)`,
      ),
    );
  return row?.n ?? 0;
}

/** How many items a person has rated, or could not tell of. */
export async function countOwn(db: Db, person: string): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(auditLabels)
    .where(sql`lower(${auditLabels.ratedBy}) = lower(${person})`);
  return row?.n ?? 0;
}
