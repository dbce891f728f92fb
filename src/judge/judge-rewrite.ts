import type { Judgement, Pairwise } from "../db/schema/judge.ts";
import { settleAll } from "../lib/settle-all.ts";
import type { Judge, RatedCase } from "./ask-judge.ts";
import { compareReplies, pairwiseResult } from "./compare-replies.ts";
import { estimateGain, type Gain } from "./gain.ts";
import { isUsableReference, RUBRIC, rateReply } from "./rate-reply.ts";

/** What the judge makes of a rewrite, as it is kept with the improvement. */
export interface Verdict extends Gain {
  judgement: Judgement;
  pairwise: Pairwise;
}

/** Of a rewrite that the judge was not asked about. */
export const UNJUDGED: Verdict = {
  ...estimateGain([], []),
  judgement: { rubric: RUBRIC, old: [], new: [], comparisons: [] },
  pairwise: "unknown",
};

/**
 * Rates the old and the new reply apart, then compares them face to face.
 * @returns null when the agent's reply is no reference to judge by
 * @throws ModelError for failures that may pass or need an operator
 */
export async function judgeRewrite(
  failed: RatedCase & { aiReply: string },
  correctedReply: string,
  judge: Judge,
): Promise<Verdict | null> {
  const [oldSamples, newSamples] = await settleAll([
    rateReply(failed, failed.aiReply, judge),
    rateReply(failed, correctedReply, judge),
  ]);
  if (!isUsableReference([...oldSamples, ...newSamples])) return null;
  const comparisons = await compareReplies(failed, failed.aiReply, correctedReply, judge);
  return {
    ...estimateGain(oldSamples, newSamples),
    judgement: { rubric: RUBRIC, old: oldSamples, new: newSamples, comparisons },
    pairwise: pairwiseResult(comparisons),
  };
}
