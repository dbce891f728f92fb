import type { exportsTable } from "../db/schema/exports.ts";
import { toRfc3339 } from "../lib/time.ts";
import type { ExportCounts } from "./checkpoint.ts";
import { TOKEN_METHOD } from "./estimate-tokens.ts";
import { FEWEST_EXAMPLES } from "./export-state.ts";
import type { GuidanceSummary } from "./guidance.ts";
import { toFilters } from "./queries.ts";

const MILLION = 1_000_000;

/** What is in an export, and what is not: everything somebody needs to say where a trained model comes from. */
export function buildManifest({
  row,
  counts,
  files,
  guidance,
  pricePerMillion,
  redacting,
  now,
}: {
  row: typeof exportsTable.$inferSelect;
  counts: ExportCounts;
  files: Record<string, { rows: number; bytes: number; sha256: string }>;
  guidance: GuidanceSummary[];
  /** Null: the operator set no price. */
  pricePerMillion: number | null;
  redacting: boolean;
  now: number;
}) {
  const tokens = Math.round(counts.tokens);
  return {
    export_id: row.id,
    created_at: toRfc3339(row.createdAt),
    written_at: toRfc3339(now),
    snapshot: { newest_improvement: row.boundary },
    format: row.options.format,
    filters: toFilters(row.options),
    files,
    rows: counts.rows,
    validation_rows: counts.validationRows,
    skipped: counts.skipped,
    skipped_rows: "skipped.jsonl",
    warnings: warningsOf(counts),
    personal_data: { lines_found: counts.redacted, redacted: redacting },
    repaired_lines: counts.repaired,
    tokens: { training: tokens, method: TOKEN_METHOD },
    cost_estimate:
      pricePerMillion === null
        ? null
        : {
            per_epoch: Number(((tokens / MILLION) * pricePerMillion).toFixed(4)),
            price_per_million_tokens: pricePerMillion,
            note: "training tokens times the price set as TRAINING_PRICE_PER_MILLION_TOKENS; trainers bill each epoch",
          },
    versions: Object.entries(counts.versions).map(([key, rows]) => {
      const [correction_model, judge_model, rubric] = JSON.parse(key) as (string | null)[];
      return { correction_model, judge_model, rubric, rows };
    }),
    guidance,
  };
}

/** What somebody should know before training on the file. */
export function warningsOf({ rows, unchecked = 0 }: Pick<ExportCounts, "rows" | "unchecked">): string[] {
  return [
    ...(rows < FEWEST_EXAMPLES ? [`Fewer than ${FEWEST_EXAMPLES} examples: trainers refuse such a file.`] : []),
    ...(unchecked > 0
      ? [
          `More lines than can be remembered: the last ${unchecked} rows were compared with the first ones alone, and duplicates among them are in the file.`,
        ]
      : []),
  ];
}
