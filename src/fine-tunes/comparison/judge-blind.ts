import type { CaseJudgement } from "../../db/schema/fine-tunes.ts";
import type { Pairwise } from "../../db/schema/judge.ts";
import type { Judge, RatedCase } from "../../judge/ask-judge.ts";
import { compareReplies, pairwiseResult } from "../../judge/compare-replies.ts";
import { estimateGain } from "../../judge/gain.ts";
import { isUsableReference, rateReply } from "../../judge/rate-reply.ts";
import { settleAll } from "../../lib/settle-all.ts";

export interface Verdict {
  baseRating: number | null;
  tunedRating: number | null;
  pairwise: Pairwise;
  judgement: CaseJudgement;
  /** False: the judge finds that the agent's reply answers nothing, so that there is nothing to rate by. */
  usable: boolean;
}

/**
 * Has the judge rate each reply alone, with the rubric of corrections, then compare the two in both orders. It never
 * learns which model wrote which, and no question follows from another, so the order they are sent in tells it nothing.
 * @throws ModelError for failures that may pass or need an operator
 */
export async function judgeBlind(
  rated: RatedCase,
  { base, tuned }: { base: string; tuned: string },
  judge: Judge,
): Promise<Verdict> {
  if (base.trim() === tuned.trim()) {
    // One text has one rating: two would only show how the judge wavers.
    const samples = await rateReply(rated, base, judge);
    return verdictOf({ base: samples, tuned: samples, comparisons: [] }, samples.length > 0 ? "tie" : "unknown");
  }
  const [ofBase, ofTuned] = await settleAll([rateReply(rated, base, judge), rateReply(rated, tuned, judge)]);
  const comparisons = await compareReplies(rated, base, tuned, judge);
  return verdictOf({ base: ofBase, tuned: ofTuned, comparisons }, pairwiseResult(comparisons));
}

function verdictOf(judgement: CaseJudgement, pairwise: Pairwise): Verdict {
  const usable = isUsableReference([...judgement.base, ...judgement.tuned]);
  const { oldRating, newRating } = estimateGain(judgement.base, judgement.tuned);
  return { baseRating: oldRating, tunedRating: newRating, pairwise, judgement, usable };
}
