import { dispersionOf } from "../lib/statistics/rates.ts";
import { weekOf } from "../lib/time.ts";

/** What is known of one failure. */
interface Sampled {
  occurredAt: number;
  createdAt: number;
  customerKey: string;
  importId: string | null;
}

/** Fewer failures than this say nothing of how late they come. */
const FEWEST = 20;

const NEARLY_ALL = 0.9;

/**
 * Within what time nine of ten failures are recorded, in milliseconds. Those that an import brought are left out: a year's
 * history comes late, and says nothing of what comes next.
 * @returns null where too few are known
 */
export function latenessOf(failures: readonly Sampled[]): number | null {
  const waits = failures
    .filter(({ importId }) => importId === null)
    .map(({ occurredAt, createdAt }) => Math.max(0, createdAt - occurredAt))
    .sort((a, b) => a - b);
  if (waits.length < FEWEST) return null;
  return waits[Math.ceil(waits.length * NEARLY_ALL) - 1] ?? null;
}

/** How much more failures scatter because one customer has several in a week: see `dispersionOf`. */
export function bunchingOf(failures: readonly Sampled[]): number {
  const bunches = Map.groupBy(failures, ({ customerKey, occurredAt }) => `${weekOf(occurredAt)} ${customerKey}`);
  return dispersionOf([...bunches.values()].map(({ length }) => length));
}
