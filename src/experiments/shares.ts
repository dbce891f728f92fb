/*
 * The probabilities that a prompt's id can name, because its outcome has to be weighed by the one that was in force
 * when it was served. A setting between two of them means the nearer one.
 */

/** How likely a conversation is to get plain prompts: 32 at most. */
export const PLAIN_SHARES = [
  ...[0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25],
  ...[0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 1],
] as const;

/** How likely a lesson is to be left out: 8 at most. */
export const LESSON_SHARES = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5] as const;

/** The share that a setting means; above 0 never 0, because 0 switches it off. */
export function nearestShare(shares: readonly number[], setting: number): number {
  const possible = setting > 0 ? shares.filter((share) => share > 0) : shares;
  return possible.reduce((best, share) => (Math.abs(share - setting) < Math.abs(best - setting) ? share : best));
}
