import { and, eq, inArray, lte, or, sql } from "drizzle-orm";
import { type Db, rowsFromJson, valuesOf } from "../db/client.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { judgeControlRatings, judgeControls } from "../db/schema/judge.ts";
import { sendJob } from "../jobs/send-job.ts";
import { newId } from "../lib/ids.ts";
import { log } from "../lib/log.ts";
import { MINUTE, nextDay } from "../lib/time.ts";
import { countTokens, tokensLeft } from "../llm/daily-tokens.ts";
import { budgetUsedUp } from "../llm/gate.ts";
import { ModelError } from "../llm/model.ts";
import { limitCalls } from "../llm/wrap-model.ts";
import type { Services } from "../services.ts";
import { type Judge, type RatedCase, rateReply } from "./rate-reply.ts";

/** As with corrections: a queue consumer lives 15 minutes, so after this it is dead. */
const LEASE_MS = 16 * MINUTE;
const RESEND_MS = 10 * MINUTE;
const RETRY_MS = MINUTE;
const MAX_ATTEMPTS = 5;

/** Words that tell a customer nothing, before and after a reply. */
const PADDING = [
  "Thank you very much for reaching out to us today. We truly value your message, and we understand how much this matter means to you.",
  "We hope that this information is helpful. Please know that your satisfaction is always our highest priority, and that we are here for you at any time. Thank you again for your patience and your trust.",
] as const;

/** Asks for the judge's controls over failures drawn at random; they run in the background. */
export async function requestControls(
  { db, clock, config, jobs }: Pick<Services, "db" | "clock" | "config" | "jobs">,
  sample: number,
): Promise<{ id: string; sample: number }> {
  const now = clock();
  // Reads the whole of an index: fine for what a person asks for now and then.
  const drawn = await db.select({ id: failedReplies.id }).from(failedReplies).orderBy(sql`random()`).limit(sample);
  const id = newId();
  const nothing = drawn.length === 0;
  await db.insert(judgeControls).values({
    id,
    status: nothing ? "done" : "queued",
    judgeModel: config.JUDGE_MODEL,
    failureIds: drawn.map((row) => row.id),
    attempts: 0,
    dueAt: nothing ? null : now + RESEND_MS,
    createdAt: now,
    finishedAt: nothing ? now : null,
  });
  if (!nothing) await sendJob(jobs, { job: "controls", controls_id: id });
  return { id, sample: drawn.length };
}

type Controlling = Pick<Services, "db" | "clock" | "model" | "config">;

/**
 * Runs the controls: each failure that has no ratings yet gets them, and a failure's ratings are stored once. A message
 * delivered twice finds the run claimed; one cut off, or stopped by the day's budget, goes on with what is missing.
 */
export async function runControls(services: Controlling, id: string): Promise<void> {
  const { db, clock, config } = services;
  const now = clock();
  const claimable = or(
    eq(judgeControls.status, "queued"),
    and(eq(judgeControls.status, "running"), lte(judgeControls.dueAt, now)),
  );
  const left = await tokensLeft(services);
  if (left <= 0) {
    await db
      .update(judgeControls)
      .set({ status: "queued", error: budgetUsedUp(config.DAILY_TOKEN_BUDGET), dueAt: nextDay(now) })
      .where(and(eq(judgeControls.id, id), claimable));
    return;
  }
  const [claimed] = await db
    .update(judgeControls)
    .set({ status: "running", attempts: sql`${judgeControls.attempts} + 1`, dueAt: now + LEASE_MS })
    .where(and(eq(judgeControls.id, id), claimable))
    .returning();
  if (claimed === undefined) return;
  try {
    await countTokens(services, (model, used) =>
      rateSample({ ...services, model: limitCalls(model, () => used() < left) }, claimed),
    );
    await end(services, claimed, { status: "done", error: null });
  } catch (error) {
    log.error("controls_fault", { controls_id: id }, error);
    const reason = error instanceof ModelError ? error.message : "Something went wrong on our side; the logs say what.";
    const hopeless = error instanceof ModelError && error.failure === "stop";
    await end(
      services,
      claimed,
      hopeless || claimed.attempts >= MAX_ATTEMPTS
        ? { status: "failed", error: reason }
        : { status: "queued", error: reason, dueAt: clock() + RETRY_MS, finishedAt: null },
    );
  }
}

type Claimed = typeof judgeControls.$inferSelect;

/** Only by the attempt that holds the run. */
async function end({ db, clock }: Controlling, claimed: Claimed, result: Partial<Claimed>): Promise<void> {
  await db
    .update(judgeControls)
    .set({ dueAt: null, finishedAt: clock(), ...result })
    .where(
      and(
        eq(judgeControls.id, claimed.id),
        eq(judgeControls.attempts, claimed.attempts),
        eq(judgeControls.status, "running"),
      ),
    );
}

async function rateSample(
  { db, model }: Pick<Controlling, "db" | "model">,
  { id, failureIds, judgeModel }: Claimed,
): Promise<void> {
  const judge: Judge = { model, name: judgeModel, samples: 1 };
  const cases = await unratedCases(db, id, failureIds);
  // What was rated is kept even when another case fails: the next attempt then has less to do.
  const results = await Promise.allSettled(
    cases.map(async ({ failedReplyId, aiReply, ...rated }) => {
      const ratings = await rateCase(rated, aiReply, judge);
      await db
        .insert(judgeControlRatings)
        .select(rowsFromJson(judgeControlRatings, [{ controlId: id, failedReplyId, ...ratings }]))
        .onConflictDoNothing();
    }),
  );
  for (const result of results) if (result.status === "rejected") throw result.reason;
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
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .where(and(inArray(failedReplies.id, valuesOf(failureIds)), sql`${failedReplies.id} not in ${done}`));
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

/** Sends the message again for controls that were not begun, or whose worker died. For the sweep. */
export async function resumeControls({ db, clock, jobs }: Pick<Services, "db" | "clock" | "jobs">): Promise<void> {
  const due = await db.select({ id: judgeControls.id }).from(judgeControls).where(lte(judgeControls.dueAt, clock()));
  for (const { id } of due) await sendJob(jobs, { job: "controls", controls_id: id });
}
