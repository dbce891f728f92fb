import type { Judge, RatedCase } from "../../judge/ask-judge.ts";
import { compareReplies, pairwiseResult } from "../../judge/compare-replies.ts";
import { estimateGain } from "../../judge/gain.ts";
import { isUsableReference, rateReply } from "../../judge/rate-reply.ts";
import { settleAll } from "../../lib/settle-all.ts";

/** The least the rubric has: a customer who gets no answer was given nothing right, nothing complete. */
const NO_REPLY = 0;

/**
 * Has the judge rate each reply alone, with the rubric of corrections, then compare the two in both orders. It never
 * learns which model wrote which, and no question follows from another, so the order they are sent in says nothing.
 * @param baseReply null where the model gave none: it loses to any reply, unjudged
 * @returns the verdict as it is stored, and whether the agent's reply answers enough to rate by
 * @throws ModelError for failures that may pass or need an operator
 */
export async function judgeBlind(rated: RatedCase, baseReply: string | null, tunedReply: string | null, judge: Judge) {
  if (baseReply === null || tunedReply === null) return judgeOne(rated, baseReply, tunedReply, judge);

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

async function judgeOne(rated: RatedCase, baseReply: string | null, tunedReply: string | null, judge: Judge) {
  const rate = async (reply: string | null) => (reply === null ? [] : await rateReply(rated, reply, judge));
  const [base, tuned] = [await rate(baseReply), await rate(tunedReply)];
  const { oldRating, newRating } = estimateGain(base, tuned);
  const verdict = {
    baseRating: baseReply === null ? NO_REPLY : oldRating,
    tunedRating: tunedReply === null ? NO_REPLY : newRating,
    pairwise: baseReply !== null ? ("lost" as const) : tunedReply !== null ? ("won" as const) : ("tie" as const),
    judgement: { base, tuned, comparisons: [] },
  };
  return { verdict, usable: isUsableReference([...base, ...tuned]) };
}
