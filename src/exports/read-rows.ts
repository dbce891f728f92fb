import { and, eq, gt, lte, type SQL, sql } from "drizzle-orm";
import { findCluster } from "../clusters/topics/topics.ts";
import type { Db } from "../db/client.ts";
import type { ExportOptions } from "../db/schema/exports.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { improvements } from "../db/schema/improvements.ts";
import { firstIdOf } from "../lib/ids.ts";
import { isPreference } from "./formats.ts";

/** An improvement, with the texts that the export's lines are made of. */
export type ExportRow = Awaited<ReturnType<typeof readPage>>[number];

/** What a page should weigh: large enough that a statement's own cost is small, small enough for flat memory. */
const PAGE_CHARACTERS = 2_000_000;

const FEWEST_ROWS = 10;

/** Before it is known how long the texts are. */
const FIRST_PAGE = 200;

/**
 * The improvements an export asks for, oldest first, page by page from `cursor` (exclusive). The next page is on its
 * way while the caller works on one. Pages get fewer rows where the texts are long.
 */
export async function* readPages(
  db: Db,
  options: ExportOptions,
  { boundary, cursor, pageRows }: { boundary: number | null; cursor: number; pageRows: number },
): AsyncGenerator<ExportRow[]> {
  const where = boundary === null ? null : await conditions(db, options, boundary);
  if (where === null) return;
  let limit = Math.min(pageRows, FIRST_PAGE);
  let next = readPage(db, options, where, cursor, limit);
  for (;;) {
    const page = await next;
    const last = page.at(-1);
    if (last === undefined) return;
    const more = page.length === limit;
    if (more) {
      const characters = page.reduce((sum, row) => sum + row.prompt.length + row.preferred.length, 0);
      const fitting = Math.floor((PAGE_CHARACTERS * page.length) / Math.max(1, characters));
      limit = Math.max(FEWEST_ROWS, Math.min(pageRows, fitting));
      next = readPage(db, options, where, last.seq, limit);
      // The caller may stop before it asks for this page.
      next.catch(() => {});
    }
    yield page;
    if (!more) return;
  }
}

async function readPage(db: Db, { format, reply, system }: ExportOptions, where: SQL[], cursor: number, limit: number) {
  const i = improvements;
  const fromAgent = reply === "agent";
  const rows = db
    .select({
      seq: i.seq,
      id: i.id,
      failureId: i.failedReplyId,
      promptId: i.promptId,
      prompt: i.originalPrompt,
      /** The reply to learn. */
      preferred: fromAgent ? failedReplies.agentReply : i.correctedReply,
      oldRating: i.oldRating,
      newRating: i.newRating,
      scoreGainEstimate: i.scoreGainEstimate,
      reviewStatus: i.reviewStatus,
      pairwise: i.pairwise,
      guardFindings: i.guardFindings,
      edited: i.edited,
      /** Model, judge and rubric in one: each further cell of 200,000 rows takes a twentieth of a second. */
      version: sql<string>`json_array(${i.model}, ${i.judgeModel}, ${i.judgement} ->> '$.rubric')`,
      knownNames: i.knownNames,
      ...(isPreference(format) && { original: i.originalReply }),
      ...(system === "guided" && { clusterId: i.clusterId }),
    })
    .from(i)
    .where(and(...where, gt(i.seq, cursor)))
    .orderBy(i.seq)
    .limit(limit)
    .$dynamic();
  // Awaited here, so that it begins at once and once: drizzle runs a query for each `then`.
  return await (fromAgent ? rows.innerJoin(failedReplies, eq(failedReplies.id, i.failedReplyId)) : rows);
}

async function conditions(db: Db, options: ExportOptions, boundary: number): Promise<SQL[] | null> {
  // The plus keeps SQLite from looking rows up one by one through an index of this column.
  const where = [sql`+${improvements.isCurrent} = 1`, lte(improvements.seq, boundary)];
  if (options.topic !== undefined) {
    const cluster = await findCluster(db, options.topic);
    if (cluster === null) return null;
    where.push(eq(improvements.clusterId, cluster.id));
  }
  if (options.failure_category !== undefined)
    where.push(sql`+${improvements.failureCategory} = ${options.failure_category}`);
  if (options.review !== undefined) where.push(sql`+${improvements.reviewStatus} = ${options.review}`);
  if (options.since !== undefined) where.push(sql`+${improvements.id} >= ${firstIdOf(options.since)}`);
  if (options.until !== undefined) where.push(sql`+${improvements.id} < ${firstIdOf(options.until)}`);
  return where;
}
