import { sql } from "drizzle-orm";
import { improvements, UNSCORED_RANK } from "../../db/schema/improvements.ts";

/**
 * SQL: an improvement whose gain counts, as the judge rated it. One that was rejected counts nowhere; of one that was
 * edited the judge saw another text. Both are asked of the improvement as it is now, so what was drawn before leaves
 * the estimates with it, and whoever is left is still a random sample of what is left.
 */
export const IS_AUDITED = sql`${improvements.isCurrent} = 1 and ${improvements.meanRank} > ${sql.raw(String(UNSCORED_RANK))}
  and ${improvements.reviewStatus} <> 'rejected' and ${improvements.edited} = 0`;

/** A person's 1 to 5 on the judge's scale of 0 to 100. */
export function toHundred(personRating: number): number {
  return (personRating - 1) * POINTS_A_STEP;
}

/** Points of 100 between two of a person's ratings. */
export const POINTS_A_STEP = 25;
