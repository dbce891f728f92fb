import { and, count, desc, eq, inArray, max, type SQL, sql } from "drizzle-orm";
import { evidenceAmong, MODELS_WORDS, mayCarry } from "../clusters/lessons/erase-lessons.ts";
import type { Db } from "../db/client.ts";
import { clusters, lessons } from "../db/schema/clusters.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { fineTunes } from "../db/schema/fine-tunes.ts";
import { improvements } from "../db/schema/improvements.ts";
import type { WithdrawalFilter, WithdrawalMode } from "../db/schema/withdrawals.ts";
import { sha256Hex, stableJson } from "../lib/text.ts";
import type { Services } from "../services.ts";
import { exportsWith } from "./exports-with.ts";
import type { PreviewInput, PreviewOutput } from "./schemas.ts";
import { selectionOf } from "./selection.ts";

const SHOWN_CLUSTERS = 20;
const SAMPLE = 10;

/** Exports that a preview looks into: each is read through in the worst case. The withdrawal looks into all. */
const MOST_LOOKED_INTO = 100;

/** What a withdrawal would take, and what else it would touch. Changes nothing. */
export async function previewWithdrawal(
  services: Pick<Services, "db" | "bucket">,
  { mode, ...filter }: PreviewInput,
): Promise<PreviewOutput> {
  const { db } = services;
  // A topic that leads nowhere takes nothing.
  const which = (await selectionOf(db, filter, mode)) ?? sql`false`;
  const counted = await countSelection(db, which);
  const found = await readTouched(db, which);
  const looked = await exportsWith(services, found.seqs, "", MOST_LOOKED_INTO);
  const held = looked.held.map(({ id }) => id);
  const reviews = (status: string) => found.reviewed.find(({ review }) => review === status)?.n ?? 0;
  const [approved, rejected, unreviewed] = [reviews("approved"), reviews("rejected"), reviews("unreviewed")];
  return {
    mode,
    failures: { total: counted.total, by_status: counted.byStatus },
    improvements: { total: approved + rejected + unreviewed, approved, rejected, unreviewed },
    lessons: found.lessons,
    clusters: { total: found.clusters, most: found.most },
    all_exports_checked: looked.next === null,
    exports: held.map((id) => ({ id, rebuild: `/v1/exports/${id}/rebuild` })),
    fine_tunes: await trainedOn(db, held),
    sample: found.sample,
    token: await tokenOf(filter, mode, counted),
  };
}

export interface Counted {
  total: number;
  byStatus: Record<string, number>;
  /** The id of the newest. */
  newest: string;
}

/** @param which SQL over failed replies */
export async function countSelection(db: Db, which: SQL): Promise<Counted> {
  const rows = await db
    .select({ status: failedReplies.status, n: count(), newest: max(failedReplies.id) })
    .from(failedReplies)
    .where(which)
    .groupBy(failedReplies.status);
  return {
    total: rows.reduce((sum, { n }) => sum + n, 0),
    byStatus: Object.fromEntries(rows.map(({ status, n }) => [status, n])),
    newest:
      rows
        .flatMap(({ newest }) => newest ?? [])
        .toSorted()
        .at(-1) ?? "",
  };
}

/** Names what was previewed: another one where the selection holds other failures. Begins with how many it holds. */
export async function tokenOf(
  filter: WithdrawalFilter,
  mode: WithdrawalMode,
  { total, newest }: Counted,
): Promise<string> {
  return `${total}-${(await sha256Hex(stableJson({ filter, mode, total, newest }))).slice(0, 32)}`;
}

async function readTouched(db: Db, which: SQL) {
  const selected = db.select({ id: failedReplies.id }).from(failedReplies).where(which);
  const failures = count();
  const [reviewed, most, total, sample, seqs] = await db.batch([
    db
      .select({ review: improvements.reviewStatus, n: count() })
      .from(improvements)
      .innerJoin(failedReplies, eq(failedReplies.id, improvements.failedReplyId))
      .where(and(which, sql`(${improvements.isCurrent} = 1 or ${failedReplies.status} = 'withdrawn')`))
      .groupBy(improvements.reviewStatus),
    db
      .select({ topic: clusters.topic, failures: failures.as("selected") })
      .from(failedReplies)
      .innerJoin(clusters, eq(clusters.id, failedReplies.clusterId))
      .where(which)
      .groupBy(clusters.id)
      .orderBy(desc(failures))
      .limit(SHOWN_CLUSTERS),
    db
      .select({ n: sql<number>`count(distinct ${failedReplies.clusterId})`.as("clusters") })
      .from(failedReplies)
      .where(which),
    db.select({ id: failedReplies.id }).from(failedReplies).where(which).orderBy(desc(failedReplies.id)).limit(SAMPLE),
    db
      .select({ seq: improvements.seq })
      .from(improvements)
      .where(inArray(improvements.failedReplyId, selected))
      .orderBy(improvements.seq),
  ]);
  return {
    reviewed,
    lessons: await countLessons(db, which),
    most,
    clusters: total[0]?.n ?? 0,
    sample: sample.map(({ id }) => id),
    seqs: seqs.map(({ seq }) => seq),
  };
}

/** The current lessons that may carry words of what is selected. */
async function countLessons(db: Db, which: SQL): Promise<PreviewOutput["lessons"]> {
  const selected = evidenceAmong(sql`join ${failedReplies} on ${failedReplies.id} = e.value where ${which}`);
  const taught = await db.all<{ hits: number; evidence: number; kept: number }>(sql`
    select (select count(*) from json_each(x.evidence) e where e.value in ${selected}) as hits,
      json_array_length(x.evidence) as evidence, not ${MODELS_WORDS} as kept
    from ${lessons} x where x.retired_at is null and ${mayCarry(selected, sql`x.id`)}`);
  const alone = taught.filter(({ hits, evidence }) => hits >= evidence).length;
  return { alone, in_part: taught.length - alone, kept: taught.filter(({ kept }) => kept).length };
}

/** The fine-tunes that were trained on exports. */
export function trainedOn(db: Db, exportIds: string[]): Promise<PreviewOutput["fine_tunes"]> {
  return db
    .select({ id: fineTunes.id, export_id: fineTunes.exportId, model: fineTunes.model, status: fineTunes.status })
    .from(fineTunes)
    .where(sql`${fineTunes.exportId} in (select value from json_each(${JSON.stringify(exportIds)}))`);
}
