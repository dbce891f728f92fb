import { wordsOf } from "../../lib/likeness.ts";
import { oneLine } from "../../lib/text.ts";

/*
 * What prompts are built from: why one type of query fails, and the lessons against it. Plain data, because it
 * travels between the Durable Object, the isolate and the prompt.
 */

/** What a context is about: one cluster, one failure category across all clusters, or everything. */
export type Scope = { cluster_id: string } | { failure_category: string } | "all";

/** How often a failure category occurs among the failures of a scope. */
export interface CategoryShare {
  failure_category: string;
  count: number;
  /** Of the scope's failures that have a category, 0 to 1, as counted. */
  share: number;
  /** The share, drawn to the average: see `PRIOR_FAILURES`. */
  shrunk_share: number;
  /** Shrunk share over the share among all failures: above 1, this type of query fails by it more than others do. */
  lift: number;
}

export interface Lesson {
  failure_category: string | null;
  /** On one line. */
  text: string;
  /** By `wordsOf`; a list, because contexts are also kept as JSON. */
  words: string[];
  /** Null for an explanation that serves as a lesson as it is. */
  id: string | null;
  /** Its bit in a prompt's id; null where there is no lesson of its own to count for. */
  slot: number | null;
  pinned: boolean;
  /** The failures whose explanation it is, where it is one. */
  toldOf?: string[];
}

/** A lesson with what is the same for every prompt. */
export function lessonOf(given: Omit<Lesson, "words">): Lesson {
  const text = oneLine(given.text);
  return { ...given, text, words: wordsOf(text) };
}

/** A lesson with the cluster that learned it. */
export type OwnLesson = Omit<Lesson, "id" | "words" | "slot"> & { id: string; cluster_id: string };

/** What outcomes have said of the guidance. */
export interface Tested {
  /** It does harm: almost all its prompts go out plain. */
  switched_off: boolean;
}

/** A past message of the scope with the reply that should have been sent. */
export interface Example {
  customer_message: string;
  reply: string;
  score_gain_estimate: number;
}

export interface Context {
  /** The cluster's topic and number; null and 0 for scopes that are no cluster. */
  topic: string | null;
  number: number;
  /** Counts the changes of the cluster's lessons. */
  guidance_version: number;
  /** The cluster that this one went into: its context serves instead. */
  merged_into: string | null;
  failures: number;
  failure_categories: CategoryShare[];
  /** For the scope "all": those that hold across clusters (`sharedLessons`). */
  lessons: Lesson[];
  /** What guidance begins with, where the caller expects no category: `openingOf`. */
  opening: string | null;
  examples: Example[];
  tested: Tested;
  /** For the scope "all": categories that hold across clusters (`sharedCategories`). */
  shared: string[];
  /** For the scope "all": lessons against each category, of all clusters (`lessonsByCategory`). */
  by_category: Lesson[];
  /** Counts up with every rebuild; a lower one is older. */
  version: number;
  built_at: number;
}

/** The name of a scope's Durable Object. */
export function scopeName(scope: Scope): string {
  if (scope === "all") return "all";
  return "cluster_id" in scope ? `cluster:${scope.cluster_id}` : `category:${scope.failure_category}`;
}

/**
 * Small counts say little: shares are drawn to the average as if this many more failures had been seen. One "tone" failure
 * among one is then no "always fails by tone".
 */
const PRIOR_FAILURES = 3;

/** Shares and lifts of a scope's categories, most frequent first. */
export function categoryShares(
  counts: { failure_category: string; count: number }[],
  overall: { failure_category: string; count: number }[],
): CategoryShare[] {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const overallTotal = overall.reduce((sum, { count }) => sum + count, 0);
  const overallShare = new Map(overall.map(({ failure_category, count }) => [failure_category, count / overallTotal]));
  return counts
    .map(({ failure_category, count }) => {
      const average = overallShare.get(failure_category) ?? count / total;
      const shrunk = (count + PRIOR_FAILURES * average) / (total + PRIOR_FAILURES);
      return { failure_category, count, share: count / total, shrunk_share: shrunk, lift: shrunk / average };
    })
    .sort((a, b) => b.count - a.count || (a.failure_category < b.failure_category ? -1 : 1));
}

/** "Often fails because of X" is said from this shrunk share on, and only of what was seen more than once. */
const FREQUENT = 0.2;
const FEWEST_SEEN = 2;

/** Below this lift a category is rarer here than elsewhere: true or not, it is not what sets this query apart. */
const LEAST_LIFT = 0.8;

/** The categories of which it is true to say that this type of query often fails by them, most frequent first. */
export function frequentCauses(shares: CategoryShare[]): string[] {
  return shares
    .filter(({ count, shrunk_share, lift }) => count >= FEWEST_SEEN && shrunk_share >= FREQUENT && lift >= LEAST_LIFT)
    .map(({ failure_category }) => failure_category);
}

/** What holds across clusters holds in at least this many; a category also in half of all. */
export const SHARED_BY = 3;

/** The categories by which most types of query often fail. @param counts one row per cluster and category */
export function sharedCategories(counts: { cluster_id: string; failure_category: string; count: number }[]): string[] {
  const byCluster = Map.groupBy(counts, ({ cluster_id }) => cluster_id);
  const frequentIn = new Map<string, number>();
  for (const rows of byCluster.values()) {
    const total = rows.reduce((sum, { count }) => sum + count, 0);
    for (const { failure_category, count } of rows) {
      if (count < FEWEST_SEEN || count / total < FREQUENT) continue;
      frequentIn.set(failure_category, (frequentIn.get(failure_category) ?? 0) + 1);
    }
  }
  return [...frequentIn]
    .filter(([, clusters]) => clusters >= Math.max(SHARED_BY, byCluster.size / 2))
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([category]) => category);
}
