import { MINUTE, SECOND } from "../../lib/time.ts";

/** A worker that did not come back within this time is taken for dead: a consumer lives 15 minutes. */
export const LEASE_MS = 16 * MINUTE;

/** No model call begins later in a consumer's life, so that the last ones and the storing still fit. */
export const BEGIN_CALLS_MS = 12 * MINUTE;

/** After a message that brought nothing; doubling up to an hour. */
export const FIRST_WAIT_MS = 30 * SECOND;

/** What only an operator can mend is looked at again at this pace, so that it goes on by itself. */
export const OPERATOR_WAIT_MS = 5 * MINUTE;

/** Messages in a row that brought nothing: about a day. */
export const MOST_FAULTS = 30;

/** Tries of one case, waits between them included: about an hour of a server that is down. */
export const MOST_TRIES = 8;

/** How much one message may take on. */
export interface ComparisonLimits {
  /** Cases a message: six model calls each at least, half a minute each at worst, three cases at a time. */
  cases: number;
}

export const COMPARISON_LIMITS: ComparisonLimits = { cases: 12 };

/** Each case costs two replies and, with one sample, four calls of the judge. */
export const DEFAULT_CASES = 50;
export const MOST_CASES = 500;

/** Something that trying again does not mend, in words that may be shown. */
export class ComparisonError extends Error {}
