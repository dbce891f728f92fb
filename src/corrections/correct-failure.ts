import { touchClusters } from "../clusters/context/read-context.ts";
import { nameFailure } from "../clusters/topics/name-failure.ts";
import { applyEvent } from "../failures/apply-event.ts";
import type { FailureState } from "../failures/failure-state.ts";
import { judgeRewrite } from "../judge/judge-rewrite.ts";
import { log } from "../lib/log.ts";
import type { Report } from "../llm/gate.ts";
import type { Gatekeeper } from "../llm/gatekeeper.ts";
import { ModelError, NO_USAGE, type Usage } from "../llm/model.ts";
import { withPaidAnswers } from "../llm/paid-answers.ts";
import { meterModel } from "../llm/wrap-model.ts";
import type { Services } from "../services.ts";
import { afterFault, afterModelError, type Outcome, refusedTwice, UNUSABLE_REFERENCE } from "./attempt-outcome.ts";
import { endAttempt } from "./end-attempt.ts";
import { endedBefore, type FailureToCorrect, guidanceFor, readDraft, readFailure } from "./failure-to-correct.ts";
import { keepCorrection } from "./keep-lease.ts";
import { rewriteWithinGuards } from "./rewrite-within-guards.ts";
import { type Shown, shownToModel } from "./shown-to-model.ts";

/**
 * Corrects one failure: claims it, has its reply rewritten and both replies rated, and stores what came of it. Safe
 * to call for any id at any time: what is done, gone or held by another attempt is left alone.
 * @param gatekeeper says whether a correction may begin now, and learns how it went
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
  // Asked only now, so that a closed gate is probed only where there is something to do.
  const wait = await gatekeeper.admit();
  if (wait !== null) return applyEvent(services, failureId, { type: "wait", ...wait });
  const read = await readAll(services, failureId);
  if (read === null) return null;
  if (read === "fault") return endAttempt(services, failureId, held, afterFault().event, NO_USAGE);
  const { failure, draft } = read;
  const metered = meterModel(services.model);
  const { model, paid } = withPaidAnswers(metered.model, draft);
  const { event, report, improvement } = await attempt({ ...services, model }, failure);
  const usage = metered.usage();
  const made = { improvement, paid: paid() };
  const state = await endAttempt(services, failureId, held, event, usage, made).finally(() =>
    reportTo(gatekeeper, failureId, report, usage),
  );
  if (state?.status === "improved") await touchClusters(services, [improvement ?? failure]);
  return state;
}

/** What a correction works on; null when it has been erased. What cannot be read costs a try, like any other fault. */
async function readAll({ db }: Pick<Services, "db">, failureId: string) {
  try {
    const failure = await readFailure(db, failureId);
    return failure && { failure, draft: await readDraft(db, failureId) };
  } catch (error) {
    log.error("correction_fault", { failure_id: failureId }, error);
    return "fault" as const;
  }
}

/** Only after the end is stored: a gate that cannot be written costs nobody a correction that was paid for. */
async function reportTo(gatekeeper: Gatekeeper, failureId: string, report: Report | null, usage: Usage): Promise<void> {
  try {
    await gatekeeper.report(report, usage.inputTokens + usage.outputTokens);
  } catch (error) {
    log.warn("gate_not_updated", { failure_id: failureId }, error);
  }
}

/** The work between claim and end. Whatever goes wrong becomes an event, so that every attempt has an end. */
async function attempt(services: Services, failure: FailureToCorrect): Promise<Outcome> {
  try {
    const shown = shownToModel(services.config, failure);
    const named = await nameFailure(services, shown.failure);
    return await rewriteAndJudge(services, { ...failure, ...named }, shown);
  } catch (error) {
    if (error instanceof ModelError) {
      return afterModelError(error, services.clock(), await endedBefore(services.db, failure.id, error.code));
    }
    log.error("correction_fault", { failure_id: failure.id }, error);
    return afterFault();
  }
}

async function rewriteAndJudge(
  services: Services,
  failure: FailureToCorrect,
  { failure: shown, restore }: Shown,
): Promise<Outcome> {
  const { config, model } = services;
  const failed = { ...shown, guidance: await guidanceFor(services, failure) };
  const rewriter = { model, name: config.CORRECTION_MODEL };
  const rewrite = await rewriteWithinGuards(failed, rewriter, { sources: failure, restore });
  if (rewrite.refused.length > 0) return refusedTwice(rewrite.refused);

  const judge = { model, name: config.JUDGE_MODEL, samples: config.JUDGE_SAMPLES };
  const verdict = await judgeRewrite(shown, rewrite.written, judge);
  if (verdict === null) return UNUSABLE_REFERENCE;
  return {
    event: { type: "improved" },
    report: { ok: true },
    improvement: {
      id: services.newId(),
      promptId: failure.promptId,
      failedReplyId: failure.id,
      originalReply: failure.aiReply,
      correctedReply: rewrite.reply,
      ...verdict,
      guardFindings: rewrite.findings,
      edited: false,
      failureCategory: failure.failureCategory,
      clusterId: failure.clusterId,
      agent: failure.agent,
      model: config.CORRECTION_MODEL,
      judgeModel: config.JUDGE_MODEL,
      reviewStatus: "unreviewed",
      createdAt: services.clock(),
    },
  };
}
