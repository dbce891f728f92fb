import { DAY } from "../lib/time.ts";

/** After this long without a failure a cluster is quiet. */
export const QUIET_MS = 14 * DAY;

/** A jump is looked for in the last week, against the weeks before it. */
export const WEEK_MS = 7 * DAY;
export const PAST_WEEKS = 8;

export const CLUSTER_STATES = ["open", "quiet", "reopened"] as const;
export type ClusterState = (typeof CLUSTER_STATES)[number];

/**
 * @param firstRecent the first failure within the last `QUIET_MS`, null for none
 * @param lastBefore the last failure before that one, null for none
 */
export function clusterState(firstRecent: number | null, lastBefore: number | null): ClusterState {
  if (firstRecent === null) return "quiet";
  return lastBefore !== null && firstRecent - lastBefore >= QUIET_MS ? "reopened" : "open";
}

/** Fewer failures than this a week are no jump, whatever the past was. */
const FEWEST_FOR_A_JUMP = 5;
const FEWEST_PAST_WEEKS = 2;
const DEVIATIONS = 3;

/**
 * True where the last week's failures lie more than three standard deviations above what the cluster's own past
 * would bring (independent failures scatter with the root of their number).
 * @param pastWeeks how many whole weeks before the last one the cluster has existed, at most `PAST_WEEKS`
 */
export function isJump(lastWeek: number, past: number, pastWeeks: number): boolean {
  if (lastWeek < FEWEST_FOR_A_JUMP || pastWeeks < FEWEST_PAST_WEEKS) return false;
  const usual = past / pastWeeks;
  return lastWeek > usual + DEVIATIONS * Math.sqrt(Math.max(usual, 1));
}
