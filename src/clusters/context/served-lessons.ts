import type { clusters, lessons } from "../../db/schema/clusters.ts";

/**
 * A customer can plant text that makes the model claim anything, about other customers' failures too. So the model must
 * arrive at a lesson twice, each time from a set of customers that shares nobody with the other.
 */
export const NEEDED_CUSTOMERS = 2;

type Standing = Pick<typeof lessons.$inferSelect, "source" | "approvedBy" | "witnesses">;

/** Whether a lesson may go into prompts: on a person's word, or on that of two sets of customers. */
export function hasStanding({ source, approvedBy, witnesses }: Standing, needApproval: boolean): boolean {
  if (source === "person" || approvedBy !== null) return true;
  return !needApproval && witnesses.length >= NEEDED_CUSTOMERS;
}

/** Whether a current lesson goes into prompts. Those that do not wait for evidence, approval or a free place. */
export function isServed<L extends Standing & { slot: number | null }>(
  lesson: L,
  needApproval: boolean,
): lesson is L & { slot: number } {
  return lesson.slot !== null && hasStanding(lesson, needApproval);
}

/**
 * Whether a cluster has lessons instead of explanations that serve as they are: once there are any, or a person has
 * decided on them; an empty list is a decision too.
 */
export function isDecided(cluster: Pick<typeof clusters.$inferSelect, "testedSince">, served: unknown[]): boolean {
  return served.length > 0 || cluster.testedSince > 0;
}
