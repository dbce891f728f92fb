import { eq } from "drizzle-orm";
import { guidanceText } from "../clusters/guidance-text.ts";
import { nameFailure } from "../clusters/name-failure.ts";
import { readContext, touchClusters } from "../clusters/read-context.ts";
import type { Db } from "../db/client.ts";
import { failedReplies, prompts } from "../db/schema.ts";
import { applyEvent } from "../failures/apply-event.ts";
import type { FailureEvent, FailureState } from "../failures/failure-state.ts";
import type { NewImprovement } from "../improvements/store-improvement.ts";
import { describeError } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
import { excerpt } from "../lib/text.ts";
import { ModelError } from "../llm/model.ts";
import { meterModel } from "../llm/wrap-model.ts";
import type { Services } from "../services.ts";
import { endAttempt } from "./end-attempt.ts";
import { estimateGain } from "./gain.ts";
import { type FailedReply, generateCorrectedReply, type Rewriter } from "./generate-corrected-reply.ts";
import { checkRewrite } from "./guards/check-rewrite.ts";
import { RUBRIC, rateReply } from "./rate-reply.ts";

/**
 * Corrects one failure: claims it, has its reply rewritten and both replies rated, and stores what came of it. Safe
 * to call for any id at any time: what is done, gone or held by another attempt is left alone.
 * @returns the failure's state afterwards, or null when there was nothing to do
 */
export async function correctFailure(services: Services, failureId: string): Promise<FailureState | null> {
  const held = await applyEvent(services, failureId, { type: "claimed" });
  if (held === null) return null;
  const failure = await readFailure(services.db, failureId);
  if (failure === null) return null;

  const metered = meterModel(services.model);
  const { event, improvement, named } = await attempt({ ...services, model: metered.model }, failure);
  const state = await endAttempt(services, failureId, held, event, metered.usage(), improvement);
  if (state?.status === "improved") await touchClusters(services, [named ?? failure]);
  return state;
}

type Failure = NonNullable<Awaited<ReturnType<typeof readFailure>>>;

async function readFailure(db: Db, id: string) {
  const [row] = await db
    .select({
      id: failedReplies.id,
      promptId: failedReplies.promptId,
      originalPrompt: prompts.originalPrompt,
      conversation: prompts.conversation,
      aiReply: failedReplies.aiReply,
      agentReply: failedReplies.agentReply,
      failureExplanation: failedReplies.failureExplanation,
      failureCategory: failedReplies.failureCategory,
      clusterId: failedReplies.clusterId,
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .where(eq(failedReplies.id, id));
  return row ?? null;
}

const REASON_LENGTH = 500;

interface Outcome {
  event: FailureEvent;
  improvement?: NewImprovement;
  /** The failure with the topic and category it got meanwhile. */
  named?: Failure;
}

/** The work between claim and ending. Model failures become events; anything else is a fault and is thrown. */
async function attempt(services: Services, unnamed: Failure): Promise<Outcome> {
  const { config, model } = services;
  const judge = { model, name: config.JUDGE_MODEL, samples: config.JUDGE_SAMPLES };
  try {
    const failure = { ...unnamed, ...(await nameFailure(services, unnamed)) };
    const rewriter = { model, name: config.CORRECTION_MODEL };
    const failed = { ...failure, guidance: await guidanceFor(services, failure) };
    const { correctedReply, refusal } = await rewriteWithinGuards(failed, rewriter);
    if (refusal !== null) return { event: refusal };
    const [oldRatings, newRatings] = await bothOf(
      rateReply(failure, failure.aiReply, judge),
      rateReply(failure, correctedReply, judge),
    );
    return {
      event: { type: "improved" },
      named: failure,
      improvement: {
        id: newId(),
        promptId: failure.promptId,
        failedReplyId: failure.id,
        originalReply: failure.aiReply,
        correctedReply,
        ...estimateGain(oldRatings, newRatings),
        judgement: { rubric: RUBRIC, old: oldRatings, new: newRatings },
        failureCategory: failure.failureCategory,
        clusterId: failure.clusterId,
        model: config.CORRECTION_MODEL,
        judgeModel: config.JUDGE_MODEL,
        reviewStatus: "unreviewed",
        createdAt: services.clock(),
      },
    };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { event: eventOf(error) };
  }
}

/**
 * Has the reply rewritten, and once more with what was wrong with it where the guards refuse it. What they refuse
 * twice is left to a person.
 */
async function rewriteWithinGuards(
  failed: FailedReply,
  rewriter: Rewriter,
): Promise<{ correctedReply: string; refusal: FailureEvent | null }> {
  const check = (rewrite: string) => {
    const { findings } = checkRewrite({
      customerMessage: failed.originalPrompt,
      conversation: failed.conversation ?? [],
      aiReply: failed.aiReply,
      agentReply: failed.agentReply,
      failureExplanation: failed.failureExplanation ?? undefined,
      rewrite,
    });
    return findings.filter(({ severity }) => severity === "refuse");
  };
  const first = await generateCorrectedReply(failed, rewriter);
  const objections = check(first);
  if (objections.length === 0) return { correctedReply: first, refusal: null };
  const second = await generateCorrectedReply(
    failed,
    rewriter,
    objections.map(({ detail }) => detail),
  );
  const [worst, ...others] = check(second);
  if (worst === undefined) return { correctedReply: second, refusal: null };
  const reason = excerpt(
    `The rewrite was refused twice: ${[worst, ...others].map(({ detail }) => detail).join(" ")}`,
    REASON_LENGTH,
  );
  return { correctedReply: second, refusal: { type: "needs_human", code: worst.guard, reason } };
}

/** What is known of this type of query. A cluster that can not be read costs the guidance, not the correction. */
async function guidanceFor(
  services: Services,
  { clusterId, failureCategory, originalPrompt }: Failure,
): Promise<string | null> {
  if (clusterId === null) return null;
  try {
    const context = await readContext(services, { cluster_id: clusterId });
    return guidanceText(context, failureCategory ?? undefined, originalPrompt);
  } catch (error) {
    console.warn(JSON.stringify({ event: "no_guidance", cluster_id: clusterId, error: describeError(error) }));
    return null;
  }
}

/** What a model failure means for the failure that was to be corrected. */
function eventOf(error: ModelError): FailureEvent {
  const { code, message: reason, retryAfterMs } = error;
  switch (error.failure) {
    case "retry":
    case "repair":
      return { type: "try_again", code, reason, retryAfterMs };
    case "refused":
      return { type: "needs_human", code, reason };
    case "stop":
      return { type: "gave_up", code, reason };
  }
}

/** Both results; when one fails, only after the other has ended too, so that its tokens are counted. */
async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === "rejected") throw a.reason;
  if (b.status === "rejected") throw b.reason;
  return [a.value, b.value];
}
