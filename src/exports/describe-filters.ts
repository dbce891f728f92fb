import type { ExportOutput } from "./schemas.ts";

/** What an export was asked for, in a line. */
export function describeFilters(filters: ExportOutput["filters"]): string {
  const said = [
    `gain from ${filters.min_gain}`,
    ...(filters.reply === "agent" ? ["agent's replies"] : []),
    ...(filters.system === "guided" ? ["with guidance"] : []),
    ...(filters.review !== null ? [filters.review] : []),
    ...(filters.failure_category !== null ? [filters.failure_category] : []),
    ...(filters.topic !== null ? [filters.topic] : []),
    ...(filters.validation_fraction > 0 ? [`${Math.round(filters.validation_fraction * 100)}% held out`] : []),
  ];
  return said.join(", ");
}
