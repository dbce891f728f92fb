import type { ExportOptions } from "../db/schema/exports.ts";
import { type ExportRule, exportRule, notExportable } from "../improvements/is-exportable.ts";
import { type Hash64, hashText } from "../lib/text-hash.ts";
import type { Services } from "../services.ts";
import type { ExportCounts } from "./checkpoint.ts";
import { addTokens } from "./estimate-tokens.ts";
import { FORMATS, textsOf } from "./formats.ts";
import type { GuidanceTexts } from "./guidance.ts";
import type { HashSet64 } from "./hash-set.ts";
import { type Prepared, prepareRow, type SkipReason } from "./prepare-row.ts";
import type { ExportRow } from "./read-rows.ts";
import { sidecarLine } from "./sidecar.ts";
import { MOST_DRAWN, sideOf } from "./split.ts";

/** The lines that rows became, with their line feeds, by the file they go into. */
export interface Sorted {
  training: string[];
  validation: string[];
  improvements: string[];
  skipped: string[];
  /** Of the lines, for `HashSet64`: high and low half in turn. */
  hashes: number[];
  /** Sketches of the lines for training and for validation, where there are both, one after the other. */
  sketches: { training: number[]; validation: number[] };
}

const noSketches = (): Pick<Sorted, "sketches"> => ({ sketches: { training: [], validation: [] } });

/** Decides for each row in which file it goes, and counts. */
export class RowSorter {
  readonly #options: ExportOptions;
  readonly #redacting: boolean;
  readonly #rule: ExportRule;
  readonly #known: { counts: ExportCounts; seen: HashSet64; guidance: GuidanceTexts };

  /** @param known of the rows before; grows with every row */
  constructor(
    options: ExportOptions,
    config: Services["config"],
    known: { counts: ExportCounts; seen: HashSet64; guidance: GuidanceTexts },
  ) {
    this.#options = options;
    this.#redacting = config.REDACT_EXPORTS;
    this.#rule = { ...exportRule(config), minGain: options.min_gain };
    this.#known = known;
  }

  async sort(rows: ExportRow[]): Promise<Sorted> {
    const sorted: Sorted = { training: [], validation: [], improvements: [], skipped: [], hashes: [], ...noSketches() };
    const { skipped } = this.#known.counts;
    for (const row of rows) {
      const prepared = await this.#prepare(row);
      const reason = typeof prepared === "string" ? prepared : this.#place(row, prepared, sorted);
      if (reason === null) continue;
      skipped[reason] = (skipped[reason] ?? 0) + 1;
      sorted.skipped.push(`${JSON.stringify({ id: row.id, failure_id: row.failureId, reason })}\n`);
    }
    return sorted;
  }

  async #prepare(row: ExportRow): Promise<Prepared | SkipReason> {
    const refused = notExportable(row, this.#rule);
    if (refused !== null) return refused;
    const { prompt, preferred, original = "", clusterId = null, knownNames: names } = row;
    const { format, system: asked } = this.#options;
    const system = asked === "guided" ? await this.#known.guidance.of(clusterId, row) : null;
    return prepareRow({ system, prompt, preferred, original }, { format, redacting: this.#redacting, names });
  }

  /** Puts a row into its file. @returns the reason where it is left out */
  #place(row: ExportRow, { row: texts, personal, repaired }: Prepared, sorted: Sorted): SkipReason | null {
    const { counts } = this.#known;
    const prompt = hashText(texts.prompt);
    if (!this.#isNew(hashText(texts.preferred, prompt), sorted)) return "duplicate";
    if (personal) counts.redacted += 1;
    if (repaired) counts.repaired += 1;
    counts.versions[row.version] = (counts.versions[row.version] ?? 0) + 1;
    const file = this.#fileOf(row.prompt, texts.prompt, sorted);
    const line = file === "validation" ? ++counts.validationRows : ++counts.rows;
    if (file === "training") addTokens(counts.tokens, textsOf(texts, this.#options.format));
    sorted[file].push(`${FORMATS[this.#options.format](texts)}\n`);
    sorted.improvements.push(sidecarLine(row, file, line));
    return null;
  }

  #fileOf(asked: string, shown: string, { sketches }: Sorted): "training" | "validation" {
    const { validation_fraction = 0 } = this.#options;
    if (validation_fraction === 0) return "training";
    const { isDrawn, sketch } = sideOf(asked, shown, validation_fraction);
    const file = isDrawn && this.#known.counts.validationRows < MOST_DRAWN ? "validation" : "training";
    // Their numbers: a small array's buffer would be made for it alone.
    sketches[file].push(...sketch);
    return file;
  }

  /** Whether no line before says the same. */
  #isNew(hash: Hash64, { hashes }: Sorted): boolean {
    const { counts, seen } = this.#known;
    if (seen.isFull) counts.unchecked = (counts.unchecked ?? 0) + 1;
    if (!seen.add(hash)) return false;
    if (!seen.isFull) hashes.push(hash.high, hash.low);
    return true;
  }
}
