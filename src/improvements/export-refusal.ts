import { type ExportRule, type NotExportable, notExportable } from "./is-exportable.ts";
import type { ImprovementOutput } from "./schemas.ts";

/** The export rule for an improvement as it is shown. */
export function exportRefusal(improvement: ImprovementOutput, rule: ExportRule): NotExportable | null {
  return notExportable(
    {
      scoreGainEstimate: improvement.score_gain_estimate,
      newRating: improvement.new_rating,
      pairwise: improvement.pairwise,
      guardFindings: improvement.guard_findings,
      reviewStatus: improvement.review_status,
      edited: improvement.edited,
    },
    rule,
  );
}
