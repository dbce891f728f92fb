import { and, eq, inArray, sql } from "drizzle-orm";
import { type Db, rowsFromJson, valuesOf } from "../db/client.ts";
import { failedReplies, NOT_WITHDRAWN, prompts } from "../db/schema/failures.ts";
import { judgeControlRatings, judgeControls } from "../db/schema/judge.ts";
import { recordWithoutPersonalData } from "../guards/without-personal-data.ts";
import { askFor } from "../jobs/ask-for.ts";
import { DONE, type Held, type Job, type JobEnd } from "../jobs/job.ts";
import { wakeJob } from "../jobs/wake-jobs.ts";
import { settleAll } from "../lib/settle-all.ts";
import { nextDay } from "../lib/time.ts";
import { countTokens, tokensLeft } from "../llm/daily-tokens.ts";
import { budgetUsedUp } from "../llm/gate.ts";
import { LimitError } from "../llm/limit-error.ts";
import { ModelError } from "../llm/model.ts";
import { limitCalls } from "../llm/wrap-model.ts";
import type { Services } from "../services.ts";
import type { Judge, RatedCase } from "./ask-judge.ts";
import { rateReply } from "./rate-reply.ts";

/** Words that tell a customer nothing, before and after a reply. */
const PADDING = [
  "Thank you very much for reaching out to us today. We truly value your message, and we understand how much this matter means to you.",
  "We hope that this information is helpful. Please know that your satisfaction is always our highest priority, and that we are here for you at any time. Thank you again for your patience and your trust.",
] as const;

/** Asks for the judge's controls over failures drawn at random; they run in the background. */
export async function requestControls(
  services: Pick<Services, "db" | "clock" | "newId" | "config" | "jobs">,
  sample: number,
): Promise<{ id: string; sample: number }> {
  const { db, clock, newId, config } = services;
  const now = clock();
  // Reads the whole table: fine for what a person asks for now and then.
  const drawn = await db
    .select({ id: failedReplies.id })
    .from(failedReplies)
    // One that speaks to the judge shows how well it obeys, not how well it rates.
    .where(and(NOT_WITHDRAWN, sql`${failedReplies.suspicion} is not 'addresses_model'`))
    .orderBy(sql`random()`)
    .limit(sample);
  const id = newId();
  const nothing = drawn.length === 0;
  await db.batch([
    db.insert(judgeControls).values({
      id,
      status: nothing ? "done" : "queued",
      judgeModel: config.JUDGE_MODEL,
      failureIds: drawn.map((row) => row.id),
      createdAt: now,
      finishedAt: nothing ? now : null,
    }),
    ...(nothing ? [] : [askFor(db, "controls", id, now)]),
  ]);
  if (!nothing) await wakeJob(services, "controls", id);
  return { id, sample: drawn.length };
}

type Controlling = Pick<Services, "db" | "clock" | "model" | "config">;

/** The judge's controls. A server that is down for a while is waited for; about an hour in all. */
export const controlsJob: Job = {
  run: runControls,
  mostTries: 8,
  giveUp: (services, id, error) => end(services, id, { status: "failed", error }),
};

/**
 * Runs the controls: each failure that has no ratings yet gets them, and a failure's ratings are stored once. Cut off,
 * or stopped by the day's budget, it goes on with what is missing.
 */
async function runControls(services: Controlling, { subject: id }: Held): Promise<JobEnd> {
  const { db, clock, config } = services;
  const left = await tokensLeft(services);
  const status = left > 0 ? ("running" as const) : ("queued" as const);
  const error = left > 0 ? null : budgetUsedUp(config.DAILY_TOKEN_BUDGET);
  const [run] = await db.update(judgeControls).set({ status, error }).where(isOpen(id)).returning();
  if (run === undefined) return DONE;
  if (left <= 0) return { end: "wait", at: nextDay(clock()) };
  try {
    await countTokens(services, (model, used) =>
      rateSample({ ...services, model: limitCalls(model, () => used() < left) }, run),
    );
  } catch (fault) {
    if (!(fault instanceof ModelError)) throw fault;
    if (fault instanceof LimitError) {
      await db.update(judgeControls).set({ status: "queued", error: fault.says }).where(isOpen(id));
      return { end: "wait", at: fault.until };
    }
    if (fault.failure !== "stop") {
      await db.update(judgeControls).set({ status: "queued", error: fault.says }).where(isOpen(id));
      return { end: "stuck", reason: fault.says };
    }
    await end(services, id, { status: "failed", error: fault.says });
    return DONE;
  }
  await end(services, id, { status: "done", error: null });
  return DONE;
}

type Run = typeof judgeControls.$inferSelect;

const isOpen = (id: string) => and(eq(judgeControls.id, id), inArray(judgeControls.status, ["queued", "running"]));

async function end(
  { db, clock }: Pick<Services, "db" | "clock">,
  id: string,
  result: Pick<Run, "status" | "error">,
): Promise<void> {
  await db
    .update(judgeControls)
    .set({ finishedAt: clock(), ...result })
    .where(isOpen(id));
}

async function rateSample(
  { db, model, config }: Pick<Controlling, "db" | "model" | "config">,
  { id, failureIds, judgeModel }: Run,
): Promise<void> {
  const judge: Judge = { model, name: judgeModel, samples: 1 };
  const cases = await unratedCases(db, id, failureIds);
  // What was rated is kept even when another case fails: the next attempt then has less to do.
  await settleAll(
    cases.map(async ({ knownNames, ...found }) => {
      const { failedReplyId, aiReply, ...rated } = config.REDACT_MODEL_INPUT
        ? recordWithoutPersonalData(found, ["originalPrompt", "conversation", "aiReply", "agentReply"], knownNames)
            .record
        : found;
      const ratings = await rateCase(rated, aiReply, judge);
      await db
        .insert(judgeControlRatings)
        .select(rowsFromJson(judgeControlRatings, [{ controlId: id, failedReplyId, ...ratings }]))
        .onConflictDoNothing();
    }),
  );
}

async function unratedCases(db: Db, id: string, failureIds: string[]) {
  const done = db
    .select({ id: judgeControlRatings.failedReplyId })
    .from(judgeControlRatings)
    .where(eq(judgeControlRatings.controlId, id));
  return db
    .select({
      failedReplyId: failedReplies.id,
      originalPrompt: prompts.originalPrompt,
      conversation: prompts.conversation,
      aiReply: failedReplies.aiReply,
      agentReply: failedReplies.agentReply,
      knownNames: failedReplies.knownNames,
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .where(
      and(inArray(failedReplies.id, valuesOf(failureIds)), NOT_WITHDRAWN, sql`${failedReplies.id} not in ${done}`),
    );
}

async function rateCase(rated: RatedCase, aiReply: string, judge: Judge) {
  const rate = async (reply: string) => (await rateReply(rated, reply, judge))[0]?.rating ?? null;
  const [agentRating, oldRating, oldRatingAgain, paddedRating] = await Promise.all([
    rate(rated.agentReply),
    rate(aiReply),
    rate(aiReply),
    rate(`${PADDING[0]}\n\n${aiReply}\n\n${PADDING[1]}`),
  ]);
  return { agentRating, oldRating, oldRatingAgain, paddedRating };
}
