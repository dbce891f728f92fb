import type { CaseJudgement } from "../../db/schema/fine-tunes.ts";
import type { Comparison, JudgeSample, Pairwise } from "../../db/schema/judge.ts";
import { compareReplies, pairwiseResult } from "../../judge/compare-replies.ts";
import { estimateGain } from "../../judge/gain.ts";
import { isUsableReference, type Judge, type RatedCase, rateReply } from "../../judge/rate-reply.ts";
import { settleAll } from "../../lib/settle-all.ts";
import { hashText } from "../../lib/text-hash.ts";

export interface Verdict {
  baseRating: number | null;
  tunedRating: number | null;
  pairwise: Pairwise;
  judgement: CaseJudgement;
  /** False: the judge finds that the agent's reply answers nothing, so that there is nothing to rate by. */
  usable: boolean;
}

interface Replies {
  base: string;
  tuned: string;
}

/**
 * Has the judge rate both replies by themselves, with the rubric of corrections, then compare them in both orders. It
 * is told of neither whose it is; which one it meets first is drawn by a hash of `key`, the same every time.
 * @throws ModelError for failures that may pass or need an operator
 */
export async function judgeBlind(
  rated: RatedCase,
  { base, tuned }: Replies,
  judge: Judge,
  key: string,
): Promise<Verdict> {
  if (base.trim() === tuned.trim()) {
    // One text has one rating: two would only show how the judge wavers.
    const samples = await rateReply(rated, base, judge);
    return verdictOf({ base: samples, tuned: samples, comparisons: [] }, samples.length > 0 ? "tie" : "unknown");
  }
  const tunedFirst = isTunedFirst(key);
  const [first, second] = tunedFirst ? [tuned, base] : [base, tuned];
  const [firstSamples, secondSamples] = await settleAll([
    rateReply(rated, first, judge),
    rateReply(rated, second, judge),
  ]);
  const compared = await compareReplies(rated, first, second, judge);
  const comparisons = tunedFirst ? compared.map(turned) : compared;
  const [ofBase, ofTuned] = tunedFirst ? [secondSamples, firstSamples] : [firstSamples, secondSamples];
  return verdictOf({ base: ofBase, tuned: ofTuned, comparisons }, pairwiseResult(comparisons));
}

/** Half of all keys, with nothing in them that a judge could know. */
export function isTunedFirst(key: string): boolean {
  return (hashText(key).low & 1) === 1;
}

function verdictOf(judgement: CaseJudgement, pairwise: Pairwise): Verdict {
  const samples: JudgeSample[] = [...judgement.base, ...judgement.tuned];
  const { oldRating, newRating } = estimateGain(judgement.base, judgement.tuned);
  return { baseRating: oldRating, tunedRating: newRating, pairwise, judgement, usable: isUsableReference(samples) };
}

const OTHER = { old: "new", new: "old", tie: "tie" } as const;

/** In a comparison `old` stands for the base model: where the tuned one was given as such, the names change places. */
function turned({ first, winner, reasons }: Comparison): Comparison {
  return { first: OTHER[first], winner: OTHER[winner], reasons };
}
