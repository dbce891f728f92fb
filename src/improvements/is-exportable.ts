import type { improvements } from "../db/schema.ts";

/** Why an improvement stays out of training files. */
export type NotExportable = "unscored" | "gain_too_small" | "rejected";

type Judged = Pick<typeof improvements.$inferSelect, "scoreGainEstimate" | "reviewStatus">;

/** The one rule of what may be trained on. @returns null when it may, otherwise the first reason against it */
export function notExportable(improvement: Judged, minGain: number): NotExportable | null {
  if (improvement.reviewStatus === "rejected") return "rejected";
  if (improvement.scoreGainEstimate === null) return "unscored";
  return improvement.scoreGainEstimate < minGain ? "gain_too_small" : null;
}
