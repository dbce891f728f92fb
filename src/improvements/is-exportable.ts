import type { Config } from "../config.ts";
import type { improvements } from "../db/schema/improvements.ts";
import { isRefusal } from "./guard-findings.ts";

/** Why an improvement stays out of training files. */
export type NotExportable =
  | "rejected"
  | "unscored"
  | "guards_refused"
  | "not_approved"
  | "gain_too_small"
  | "rating_too_low"
  | "pairwise_lost";

/** What the rule looks at. */
export type ExportCandidate = Pick<
  typeof improvements.$inferSelect,
  "scoreGainEstimate" | "newRating" | "pairwise" | "guardFindings" | "reviewStatus" | "edited"
>;

export interface ExportRule {
  /** Points. */
  minGain: number;
  /** 0 to 100. */
  minRating: number;
  requireReview: boolean;
}

/** The rule as the settings have it. */
export function exportRule(
  config: Pick<Config, "MIN_EXPORT_GAIN" | "MIN_EXPORT_RATING" | "REQUIRE_REVIEW">,
): ExportRule {
  return {
    minGain: config.MIN_EXPORT_GAIN,
    minRating: config.MIN_EXPORT_RATING,
    requireReview: config.REQUIRE_REVIEW,
  };
}

/**
 * The one rule of what may be trained on. Of a reply that a person edited and approved, the judge's numbers are
 * those of another text: gain, rating and comparison then rest on that person, but it must have been scored.
 * @returns null when it may be trained on, otherwise the first reason against it
 */
export function notExportable(improvement: ExportCandidate, rule: ExportRule): NotExportable | null {
  const { scoreGainEstimate, newRating, pairwise, guardFindings, reviewStatus, edited } = improvement;
  if (reviewStatus === "rejected") return "rejected";
  if (scoreGainEstimate === null || newRating === null) return "unscored";
  if (guardFindings.some(isRefusal)) return "guards_refused";
  if (rule.requireReview && reviewStatus !== "approved") return "not_approved";
  if (edited && reviewStatus === "approved") return null;
  if (scoreGainEstimate < rule.minGain) return "gain_too_small";
  if (newRating < rule.minRating) return "rating_too_low";
  return pairwise === "lost" ? "pairwise_lost" : null;
}

/** The reason in plain words, to follow "Stays out of training files:". */
export function whyNotExportable(reason: NotExportable, rule: ExportRule): string {
  const WORDS: Record<NotExportable, string> = {
    rejected: "a person rejected it",
    unscored: "the judge could not rate it, so its gain is not known",
    guards_refused: "a guard refuses its text",
    not_approved: "nobody has approved it yet, and this installation asks for that",
    gain_too_small: `its gain is below ${rule.minGain}`,
    rating_too_low: `the new reply is rated below ${rule.minRating}`,
    pairwise_lost: "face to face, the judge prefers the old reply",
  };
  return WORDS[reason];
}
