import { judgeCopying, measureCopying } from "../../guards/copying.ts";

/** A failure that bears something out. */
export interface Evidence {
  id: string;
  customerKey: string;
  /** The customer's message, or as much of it as tells it from others. */
  message: string;
}

/** How much of a message is read to tell whether it is a copy of another. */
export const COMPARED_CHARACTERS = 1_000;

/**
 * Failures of different customers, the first of each: their keys differ, and no message is a near copy of another's by
 * the measure of the copy guard. So neither the same text under two names counts twice, nor two texts of one customer.
 * @param most how many are wanted
 */
export function differentCustomers<E extends Evidence>(evidence: readonly E[], most: number): E[] {
  const found: E[] = [];
  for (const one of evidence) {
    if (found.length >= most) break;
    if (found.every((other) => other.customerKey !== one.customerKey && !isNearCopy(one.message, other.message)))
      found.push(one);
  }
  return found;
}

function isNearCopy(a: string, b: string): boolean {
  return judgeCopying(measureCopying(a, b)) === "refuse" || judgeCopying(measureCopying(b, a)) === "refuse";
}
