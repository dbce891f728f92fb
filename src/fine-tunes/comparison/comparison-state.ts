import type { comparisons } from "../../db/schema/fine-tunes.ts";
import { MINUTE } from "../../lib/time.ts";

export type ComparisonRow = typeof comparisons.$inferSelect;

/** No model call begins later in a consumer's life, so that the last ones and the storing still fit. */
export const BEGIN_CALLS_MS = 12 * MINUTE;

/** What only an operator can mend is looked at again at this pace, so that it goes on by itself. */
export const OPERATOR_WAIT_MS = 5 * MINUTE;

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
