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

/** Whether two failures count as one customer's: by their keys, or because one message is a near copy of the other. */
export function sameCustomer(a: Evidence, b: Evidence): boolean {
  return a.customerKey === b.customerKey || isNearCopy(a.message, b.message);
}

/**
 * Failures of different customers, the first of each. So neither the same text under two names counts twice, nor two
 * texts of one customer.
 * @param most how many are wanted
 */
export function differentCustomers<E extends Evidence>(evidence: readonly E[], most: number): E[] {
  const found: E[] = [];
  for (const one of evidence) {
    if (found.length >= most) break;
    if (!found.some((other) => sameCustomer(one, other))) found.push(one);
  }
  return found;
}

/** Failures parted in two, about evenly, no customer on both sides; one part where there is but one customer. */
export function partByCustomer<E extends Evidence>(evidence: readonly E[]): E[][] {
  const customers: E[][] = [];
  for (const one of evidence) {
    // One that is like several ties them together.
    const mine = customers.filter((others) => others.some((other) => sameCustomer(one, other)));
    for (const others of mine) customers.splice(customers.indexOf(others), 1);
    customers.push([...mine.flat(), one]);
  }
  const parts: E[][] = [[], []];
  for (const own of customers.sort((a, b) => b.length - a.length)) {
    const [first = [], second = []] = parts;
    (first.length <= second.length ? first : second).push(...own);
  }
  return parts.filter((part) => part.length > 0);
}

/** The copy guard's measure: thirteen words in a row, half of all five-word runs, or nearly the whole of a short text. */
function isNearCopy(a: string, b: string): boolean {
  return judgeCopying(measureCopying(a, b)) === "refuse" || judgeCopying(measureCopying(b, a)) === "refuse";
}
