import { type RateDifference, rateDifference } from "../lib/statistics/rate-difference.ts";
import {
  eventsUntilFound,
  FOUND,
  lnEvidence,
  pValue,
  type RelativeRisk,
  relativeRisk,
  type SplitCount,
} from "../lib/statistics/split-test.ts";

/** Conversations that failed: n, and k of them held out; those that cannot be told from others apart. */
export interface FailedConversations extends SplitCount {
  toldApart: boolean;
}

/** Conversations whose outcomes were reported, failed or not, of one probability. */
export interface ReportedConversations {
  plain: { n: number; failed: number };
  guided: { n: number; failed: number };
}

/** What there is to judge guidance by. */
export interface LiftCounts {
  failed: FailedConversations[];
  reported: ReportedConversations[];
  /** Conversations that began: n, and k of them held out. */
  asked: SplitCount[];
}

/** `split_failed`: conversations were not held out as they should have been, so nothing may be concluded. */
export type Verdict = "helps" | "harms" | "not_known" | "split_failed";

/** What guidance changes. */
export interface Lift {
  verdict: Verdict;
  failed: { guided: number; plain: number };
  risk: RelativeRisk | null;
  pValue: number;
  /** About how many more failed conversations until it is known; null where there is no telling. */
  moreFailures: number | null;
  /** Failed conversations that cannot be told from others. Nothing is switched because of them. */
  notToldApart: number;
  split: { conversations: number; plain: number; expected: number; pValue: number; holds: boolean };
  reported: { guided: { n: number; failed: number }; plain: { n: number; failed: number } };
  rateDifference: RateDifference | null;
}

/** Evidence from which the split counts as broken: of splits that are right, 1 in 1,000 ever. */
const SPLIT_BROKEN = Math.log(1_000);

/**
 * A conversation whose prompts come without what was said before is counted by each isolate that serves one of them.
 * Copies make chance look like evidence, so each counts as a part: what holds for any number of copies up to this.
 */
const MOST_COPIES = 3;

/** What the counts say of the guidance, however often they are looked at. */
export function liftOf({ failed, reported, asked }: LiftCounts): Lift {
  const split = splitOf(asked);
  const evidence = lnEvidence(failed);
  const risk = relativeRisk(failed);
  const known = evidence >= FOUND && risk !== null;
  const found = known && risk.value > 1 ? "harms" : known ? "helps" : "not_known";
  const plain = total(failed, "k");
  return {
    verdict: split.holds ? found : "split_failed",
    failed: { guided: total(failed, "n") - plain, plain },
    risk,
    pValue: pValue(evidence),
    moreFailures: eventsUntilFound(failed),
    notToldApart: total(
      failed.filter(({ toldApart }) => !toldApart),
      "n",
    ),
    split,
    reported: { guided: both(reported, "guided"), plain: both(reported, "plain") },
    rateDifference: rateDifference(reported.map((one) => ({ plain: rateOf(one.plain), other: rateOf(one.guided) }))),
  };
}

/** The verdict that a switch may rest on: by conversations alone that can be told from others. */
export function verdictToActOn({ failed, asked }: Pick<LiftCounts, "failed" | "asked">): Verdict {
  return liftOf({ failed: failed.filter(({ toldApart }) => toldApart), asked, reported: [] }).verdict;
}

/** Whether about as many conversations were held out as should have been. */
function splitOf(asked: SplitCount[]): Lift["split"] {
  const evidence = lnEvidence(asked.map(({ share, n, k }) => ({ share, n: n / MOST_COPIES, k: k / MOST_COPIES })));
  return {
    conversations: total(asked, "n"),
    plain: total(asked, "k"),
    expected: asked.reduce((sum, { share, n }) => sum + share * n, 0),
    pValue: pValue(evidence),
    holds: evidence < SPLIT_BROKEN,
  };
}

function total(counts: readonly SplitCount[], what: "n" | "k"): number {
  return counts.reduce((sum, count) => sum + count[what], 0);
}

function both(reported: ReportedConversations[], side: "plain" | "guided") {
  const sum = (what: "n" | "failed") => reported.reduce((all, one) => all + one[side][what], 0);
  return { n: sum("n"), failed: sum("failed") };
}

const rateOf = ({ n, failed }: { n: number; failed: number }) => ({ n, events: failed });
