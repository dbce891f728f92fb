import { and, eq, gt, lte, type SQL, sql } from "drizzle-orm";
import { findCluster } from "../clusters/topics/topics.ts";
import type { Db } from "../db/client.ts";
import type { ExportOptions } from "../db/schema/exports.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { type GuardFinding, improvements, type ReviewStatus } from "../db/schema/improvements.ts";
import type { Pairwise } from "../db/schema/judge.ts";
import type { ExportCandidate } from "../improvements/is-exportable.ts";
import { firstIdOf } from "../lib/ids.ts";
import { isPreference } from "./formats.ts";

export interface ExportRow {
  seq: number;
  id: string;
  failureId: string;
  promptId: string;
  clusterId: string | null;
  prompt: string;
  /** The reply to learn. */
  preferred: string;
  /** The reply that failed; empty where the format does without. */
  original: string;
  oldRating: number | null;
  newRating: number | null;
  scoreGainEstimate: number | null;
  facts: Facts;
}

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

/** What decides on a row beside its ratings, and where it comes from; nearly always one of a few. */
interface Facts extends Pick<ExportCandidate, "reviewStatus" | "pairwise" | "guardFindings" | "edited"> {
  /** `model\njudge\nrubric` */
  version: string;
}

const FACTS = sql.join(
  [
    improvements.reviewStatus,
    improvements.pairwise,
    improvements.edited,
    improvements.guardFindings,
    improvements.model,
    sql`coalesce(${improvements.judgeModel}, '')`,
    // The rubric is what the judgement begins with. To parse all the judge's words for it takes longer than to read
    // the row; whoever wrote it otherwise has it parsed.
    sql`coalesce(case when substr(${improvements.judgement}, 1, 11) = '{"rubric":"' and instr(substr(${improvements.judgement}, 12, 40), '"') > 0
      then substr(${improvements.judgement}, 12, instr(substr(${improvements.judgement}, 12, 40), '"') - 1)
      else json_extract(${improvements.judgement}, '$.rubric') end, '')`,
  ],
  sql` || char(10) || `,
);

/**
 * A page by places instead of names, and what is nearly the same in all rows as one text: of what a row costs locally,
 * most is each of its cells, on its way out of SQLite and through JSON.
 */
async function readPage(
  db: Db,
  { format, reply, system }: ExportOptions,
  where: SQL[],
  cursor: number,
  limit: number,
): Promise<ExportRow[]> {
  const fromAgent = reply === "agent";
  const i = improvements;
  const columns = [
    ...[i.seq, i.id, i.failedReplyId, i.promptId, i.oldRating, i.newRating, i.scoreGainEstimate, FACTS],
    ...[i.originalPrompt, fromAgent ? failedReplies.agentReply : i.correctedReply],
    isPreference(format) ? i.originalReply : sql`''`,
    system === "guided" ? i.clusterId : sql`null`,
  ];
  const joined = fromAgent ? sql`inner join ${failedReplies} on ${failedReplies.id} = ${i.failedReplyId}` : sql``;
  const rows = await db.values<Cells>(
    sql`select ${sql.join(columns, sql`, `)} from ${i} ${joined}
      where ${and(...where, gt(i.seq, cursor))} order by ${i.seq} limit ${limit}`,
  );
  const known = new Map<string, Facts>();
  return rows.map((cells) => {
    const text = cells[7];
    let facts = known.get(text);
    if (facts === undefined) {
      facts = parseFacts(text);
      known.set(text, facts);
    }
    return {
      seq: cells[0],
      id: cells[1],
      failureId: cells[2],
      promptId: cells[3],
      oldRating: cells[4],
      newRating: cells[5],
      scoreGainEstimate: cells[6],
      facts,
      prompt: cells[8],
      preferred: cells[9],
      original: cells[10],
      clusterId: cells[11],
    };
  });
}

type Id = string;
type Rating = number | null;
type Cells = [number, Id, Id, Id, Rating, Rating, Rating, string, string, string, string, Id | null];

function parseFacts(text: string): Facts {
  const [reviewStatus, pairwise, edited, findings = "[]", ...version] = text.split("\n");
  return {
    // Written by this schema alone.
    reviewStatus: reviewStatus as ReviewStatus,
    pairwise: pairwise as Pairwise,
    edited: edited === "1",
    guardFindings: JSON.parse(findings) as GuardFinding[],
    version: version.join("\n"),
  };
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
