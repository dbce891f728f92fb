import { eq, sql } from "drizzle-orm";
import { readContext, touchClusters } from "../clusters/context/read-context.ts";
import { guidanceText } from "../clusters/lessons/guidance-text.ts";
import { nameFailure } from "../clusters/name-failure.ts";
import type { Db } from "../db/client.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import type { GuardFinding } from "../db/schema/improvements.ts";
import { applyEvent } from "../failures/apply-event.ts";
import type { FailureEvent, FailureState } from "../failures/failure-state.ts";
import { checkRewrite } from "../guards/check-rewrite.ts";
import type { NewImprovement } from "../improvements/store-improvement.ts";
import { compareReplies, pairwiseResult } from "../judge/compare-replies.ts";
import { estimateGain } from "../judge/gain.ts";
import { isUsableReference, RUBRIC, rateReply } from "../judge/rate-reply.ts";
import { newId } from "../lib/ids.ts";
import { log } from "../lib/log.ts";
import { settleAll } from "../lib/settle-all.ts";
import { excerpt } from "../lib/text.ts";
import { OPERATOR_PROBE_MS, type Report } from "../llm/gate.ts";
import type { Gatekeeper } from "../llm/gatekeeper.ts";
import { ModelError } from "../llm/model.ts";
import { meterModel } from "../llm/wrap-model.ts";
import type { Services } from "../services.ts";
import { endAttempt } from "./end-attempt.ts";
import { type FailedReply, generateCorrectedReply, type Rewriter } from "./generate-corrected-reply.ts";
import { keepCorrection } from "./keep-lease.ts";

/**
 * Corrects one failure: claims it, has its reply rewritten and both replies rated, and stores what came of it. Safe
 * to call for any id at any time: what is done, gone or held by another attempt is left alone.
 * @param gatekeeper says whether a correction may begin now, and is told how it went
 * @returns the failure's state afterwards, or null when there was nothing to do
 */
export async function correctFailure(
  services: Services,
  gatekeeper: Gatekeeper,
  failureId: string,
): Promise<FailureState | null> {
  const held = await applyEvent(services, failureId, { type: "claimed" });
  if (held === null) return null;
  const release = keepCorrection(services, failureId, held.attempts);
  try {
    return await correctHeld(services, gatekeeper, failureId, held);
  } finally {
    release();
  }
}

async function correctHeld(
  services: Services,
  gatekeeper: Gatekeeper,
  failureId: string,
  held: FailureState,
): Promise<FailureState | null> {
  // Asked only now, so that the one correction that probes a closed gate is one that has something to do.
  const admission = await gatekeeper.admit();
  if (!admission.admitted) return applyEvent(services, failureId, { type: "wait", ...admission });
  const failure = await readFailure(services.db, failureId);
  if (failure === null) return null;

  const metered = meterModel(services.model);
  const { event, improvement, named, report } = await attempt({ ...services, model: metered.model }, failure);
  const { inputTokens, outputTokens } = metered.usage();
  await gatekeeper.report(report, inputTokens + outputTokens);
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
      agent: sql<unknown>`json_extract(${failedReplies.metadata}, '$.agent')`.as("agent"),
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .where(eq(failedReplies.id, id));
  return row ?? null;
}

const REASON_LENGTH = 500;

/** Without a reference there is nothing to rewrite or to rate by. */
const UNUSABLE_REFERENCE: FailureEvent = {
  type: "needs_human",
  code: "unusable_reference",
  reason: "The judge finds that the agent's reply does not answer the customer, so that it can not serve as reference.",
};

interface Outcome {
  event: FailureEvent;
  improvement?: NewImprovement;
  /** The failure with the topic and category it got meanwhile. */
  named?: Failure;
  /** What the gate learns from it; null when it says nothing about the provider. */
  report: Report | null;
}

/** The work between claim and ending. Whatever goes wrong becomes an event, so that every attempt has an end. */
async function attempt(services: Services, unnamed: Failure): Promise<Outcome> {
  const { config, model } = services;
  const judge = { model, name: config.JUDGE_MODEL, samples: config.JUDGE_SAMPLES };
  try {
    const failure = { ...unnamed, ...(await nameFailure(services, unnamed)) };
    const rewriter = { model, name: config.CORRECTION_MODEL };
    const failed = { ...failure, guidance: await guidanceFor(services, failure) };
    const { correctedReply, refusal, findings } = await rewriteWithinGuards(failed, rewriter);
    if (refusal !== null) return { event: refusal, report: { ok: true } };
    const [oldRatings, newRatings] = await settleAll([
      rateReply(failure, failure.aiReply, judge),
      rateReply(failure, correctedReply, judge),
    ]);
    if (!isUsableReference([...oldRatings, ...newRatings])) {
      return { event: UNUSABLE_REFERENCE, report: { ok: true } };
    }
    const comparisons = await compareReplies(failure, failure.aiReply, correctedReply, judge);
    return {
      event: { type: "improved" },
      report: { ok: true },
      named: failure,
      improvement: {
        id: newId(),
        promptId: failure.promptId,
        failedReplyId: failure.id,
        originalReply: failure.aiReply,
        correctedReply,
        ...estimateGain(oldRatings, newRatings),
        judgement: { rubric: RUBRIC, old: oldRatings, new: newRatings, comparisons },
        pairwise: pairwiseResult(comparisons),
        guardFindings: findings,
        edited: false,
        failureCategory: failure.failureCategory,
        clusterId: failure.clusterId,
        agent: typeof failure.agent === "string" ? failure.agent : null,
        model: config.CORRECTION_MODEL,
        judgeModel: config.JUDGE_MODEL,
        reviewStatus: "unreviewed",
        createdAt: services.clock(),
      },
    };
  } catch (error) {
    if (error instanceof ModelError) {
      const { failure: kind, code, message: reason } = error;
      return { event: eventOf(error, services.clock()), report: { ok: false, failure: kind, code, reason } };
    }
    log.error("correction_fault", { failure_id: unnamed.id }, error);
    const reason = "Something went wrong on our side; the logs say what.";
    return { event: { type: "try_again", code: "internal_fault", reason, retryAfterMs: null }, report: null };
  }
}

/**
 * Has the reply rewritten, and once more with what was wrong with it where the guards refuse it. What they refuse
 * twice is left to a person.
 */
async function rewriteWithinGuards(
  failed: FailedReply,
  rewriter: Rewriter,
): Promise<{ correctedReply: string; refusal: FailureEvent | null; findings: GuardFinding[] }> {
  const check = (rewrite: string) =>
    checkRewrite({
      customerMessage: failed.originalPrompt,
      conversation: failed.conversation ?? [],
      aiReply: failed.aiReply,
      agentReply: failed.agentReply,
      failureExplanation: failed.failureExplanation ?? undefined,
      rewrite,
    }).findings.map(({ guard, severity, detail }) => ({ guard, severity, detail }));
  const refused = ({ severity }: GuardFinding) => severity === "refuse";
  const first = await generateCorrectedReply(failed, rewriter);
  const firstFindings = check(first);
  const objections = firstFindings.filter(refused);
  if (objections.length === 0) return { correctedReply: first, refusal: null, findings: firstFindings };
  const second = await generateCorrectedReply(
    failed,
    rewriter,
    objections.map(({ detail }) => detail),
  );
  const findings = check(second);
  const [worst, ...others] = findings.filter(refused);
  if (worst === undefined) return { correctedReply: second, refusal: null, findings };
  const reason = excerpt(
    `The rewrite was refused twice: ${[worst, ...others].map(({ detail }) => detail).join(" ")}`,
    REASON_LENGTH,
  );
  return { correctedReply: second, refusal: { type: "needs_human", code: worst.guard, reason }, findings };
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
    log.warn("no_guidance", { cluster_id: clusterId }, error);
    return null;
  }
}

/** What a model failure means for the failure that was to be corrected. */
function eventOf(error: ModelError, now: number): FailureEvent {
  const { code, message: reason, retryAfterMs } = error;
  switch (error.failure) {
    case "retry":
    case "repair":
      return { type: "try_again", code, reason, retryAfterMs };
    case "refused":
      return { type: "needs_human", code, reason };
    case "stop":
      // Not this reply's fault: it waits with all others until the gate opens.
      return { type: "wait", code, reason, untilMs: now + OPERATOR_PROBE_MS };
  }
}
