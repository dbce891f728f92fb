import { and, count, desc, eq, isNotNull, notInArray, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { failedReplies, NOT_WITHDRAWN } from "../db/schema/failures.ts";
import { improvements } from "../db/schema/improvements.ts";
import { judgeControlRatings, judgeControls } from "../db/schema/judge.ts";
import { meanEstimate, spearman } from "../lib/statistics/estimates.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { toHundred } from "./audit/population.ts";
import { readAudit } from "./audit/read-audit.ts";
import { meaningOfGain } from "./meaning.ts";
import type { Calibration } from "./schemas.ts";

/** Replies rated by people that are read, newest first: beyond this an interval hardly narrows. */
const MOST_RATED = 5_000;

/** How far the judge agrees with people, what its controls showed, and the gain as people correct it. */
export async function readCalibration({ db, config }: Pick<Services, "db" | "config">): Promise<Calibration> {
  const [people, controls, audit] = await Promise.all([
    agreement(db, config.JUDGE_MODEL),
    latestControls(db),
    readAudit(db),
  ]);
  const known = { judge_model: config.JUDGE_MODEL, people, controls, audit };
  return { ...known, meaning: meaningOfGain(known) };
}

async function agreement(db: Db, judgeModel: string): Promise<Calibration["people"]> {
  const rows = await db
    .select({ person: sql<number>`${failedReplies.aiRating}`, judge: sql<number>`${improvements.oldRating}` })
    .from(failedReplies)
    // A cross join keeps its order in SQLite: from the rated failures, which are few, to their improvements.
    .crossJoin(improvements)
    // Literally as the partial indexes have it, or SQLite would not see that they serve.
    .where(
      and(
        sql`ai_rating is not null`,
        sql`is_current = 1`,
        eq(improvements.failedReplyId, failedReplies.id),
        eq(improvements.judgeModel, judgeModel),
        isNotNull(improvements.oldRating),
      ),
    )
    .orderBy(desc(failedReplies.id))
    .limit(MOST_RATED);
  const pairs = rows.map(({ person, judge }) => [toHundred(person), judge] as const);
  return {
    n: pairs.length,
    spearman: spearman(pairs),
    mean_difference: meanEstimate(pairs.map(([person, judge]) => judge - person)),
  };
}

async function latestControls(db: Db): Promise<Calibration["controls"]> {
  const [run] = await db.select().from(judgeControls).orderBy(desc(judgeControls.id)).limit(1);
  if (run === undefined) return null;
  const withdrawn = db
    .select({ id: failedReplies.id })
    .from(failedReplies)
    .where(eq(failedReplies.status, "withdrawn"));
  const ratings = await db
    .select()
    .from(judgeControlRatings)
    .where(and(eq(judgeControlRatings.controlId, run.id), notInArray(judgeControlRatings.failedReplyId, withdrawn)));
  return {
    id: run.id,
    status: run.status,
    error: run.error,
    judge_model: run.judgeModel,
    sample: run.failureIds.length,
    rated: ratings.length,
    ...controlEstimates(ratings),
    created_at: toRfc3339(run.createdAt),
    finished_at: toRfc3339OrNull(run.finishedAt),
  };
}

type Ratings = Omit<typeof judgeControlRatings.$inferSelect, "controlId" | "failedReplyId">;

/** What the controls say. A reply that could not be rated counts in none that needs it. */
function controlEstimates(ratings: Ratings[]) {
  const differences = (pick: (row: Ratings) => [number | null, number | null]) =>
    meanEstimate(
      ratings.flatMap((row) => {
        const [after, before] = pick(row);
        return after === null || before === null ? [] : [after - before];
      }),
    );
  return {
    agent_against_itself: differences((row) => [row.agentRating, 0]),
    old_against_old: differences((row) => [row.oldRatingAgain, row.oldRating]),
    padded_old: differences((row) => [row.paddedRating, meanOf(row.oldRating, row.oldRatingAgain)]),
  };
}

function meanOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : (a + b) / 2;
}

/** How many failures there are to draw a sample from. */
export async function countFailures(db: Db): Promise<number> {
  const [row] = await db.select({ count: count() }).from(failedReplies).where(NOT_WITHDRAWN);
  return row?.count ?? 0;
}
