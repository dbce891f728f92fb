import type { Judge, RatedCase } from "../../judge/ask-judge.ts";
import { compareReplies, pairwiseResult } from "../../judge/compare-replies.ts";
import { estimateGain } from "../../judge/gain.ts";
import { isUsableReference, rateReply } from "../../judge/rate-reply.ts";
import { settleAll } from "../../lib/settle-all.ts";

/**
 * Has the judge rate each reply alone, with the rubric of corrections, then compare the two in both orders. It never
 * learns which model wrote which, and no question follows from another, so the order they are sent in says nothing.
 * @returns the verdict as it is stored, and whether the agent's reply answers enough to rate by
 * @throws ModelError for failures that may pass or need an operator
 */
export async function judgeBlind(rated: RatedCase, baseReply: string, tunedReply: string, judge: Judge) {
  // One text has one rating: two would only show how the judge wavers.
  const same = baseReply.trim() === tunedReply.trim();
  const rating = rateReply(rated, baseReply, judge);
  const [base, tuned] = await settleAll([rating, same ? rating : rateReply(rated, tunedReply, judge)]);
  const comparisons = same ? [] : await compareReplies(rated, baseReply, tunedReply, judge);
  const { oldRating, newRating } = estimateGain(base, tuned);
  const pairwise = same && base.length > 0 ? "tie" : pairwiseResult(comparisons);
  const verdict = { baseRating: oldRating, tunedRating: newRating, pairwise, judgement: { base, tuned, comparisons } };
  return { verdict, usable: isUsableReference([...base, ...tuned]) };
}
