/*
 * What prompts are built from: by what one type of query fails, and the lessons against it. Plain data, because it
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
  /** Shrunk share over the share among all failures: above 1, this type of query fails by it more than others do. */
  lift: number;
}

export interface Lesson {
  failure_category: string | null;
  text: string;
}

/** A past message of the scope with the reply that should have been sent. */
export interface Example {
  customer_message: string;
  reply: string;
  score_gain_estimate: number;
}

export interface Context {
  topic: string | null;
  failures: number;
  failure_categories: CategoryShare[];
  lessons: Lesson[];
  examples: Example[];
  /** Counts up with every rebuild; a lower one is older. */
  version: number;
  /** Milliseconds. */
  built_at: number;
}

/** The name of a scope's Durable Object. */
export function scopeName(scope: Scope): string {
  if (scope === "all") return "all";
  return "cluster_id" in scope ? `cluster:${scope.cluster_id}` : `category:${scope.failure_category}`;
}

/**
 * Small counts say little: as if so many more failures had been seen, spread as all failures are. One "tone" failure
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
      return { failure_category, count, share: count / total, lift: shrunk / average };
    })
    .sort((a, b) => b.count - a.count || (a.failure_category < b.failure_category ? -1 : 1));
}
