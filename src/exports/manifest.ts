import type { exportsTable } from "../db/schema/exports.ts";
import { NEAR } from "../lib/near-duplicates/sketch.ts";
import { toRfc3339 } from "../lib/time.ts";
import type { ExportCounts } from "./checkpoint.ts";
import { TOKEN_METHOD, tokensOf } from "./estimate-tokens.ts";
import { FEWEST_EXAMPLES } from "./export-state.ts";
import type { GuidanceSummary } from "./guidance.ts";
import { toFilters } from "./queries.ts";
import { MOST_DRAWN } from "./split.ts";

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
  const tokens = tokensOf(counts.tokens);
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
    split: counts.split === undefined ? null : splitOf(counts.split),
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

/** What the two files have in common: no near duplicates, as far as a sketch of each message can tell. */
function splitOf({ groups, moved }: { groups: number; moved: number }) {
  return {
    method: `by near duplicates: customer messages that share at least ${NEAR * 100}% of their pairs of neighbouring words (case, punctuation, accents, long numbers and the numbers of placeholders aside), found by MinHash sketches, which miss about one pair in 800 at the edge`,
    similarity: NEAR,
    validation_groups: groups,
    moved_to_training: moved,
  };
}

/** What somebody should know before training on the file. */
export function warningsOf({
  rows,
  validationRows,
  unchecked = 0,
  split,
}: Pick<ExportCounts, "rows" | "validationRows" | "unchecked" | "split">): string[] {
  return [
    ...(rows < FEWEST_EXAMPLES ? [`Fewer than ${FEWEST_EXAMPLES} examples: trainers refuse such a file.`] : []),
    ...(unchecked > 0
      ? [
          `More lines than can be remembered: the last ${unchecked} rows were compared with the first ones alone, and duplicates among them are in the file.`,
        ]
      : []),
    ...(validationRows + (split?.moved ?? 0) >= MOST_DRAWN
      ? [`Only the first ${MOST_DRAWN} lines that were drawn are held out; newer ones are all in the training file.`]
      : []),
  ];
}
