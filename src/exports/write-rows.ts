import type { ExportOptions } from "../db/schema/exports.ts";
import { type ExportRule, exportRule, notExportable } from "../improvements/is-exportable.ts";
import type { Services } from "../services.ts";
import { type Checkpoint, type Claim, dropLost, type ExportCounts, saveCheckpoint } from "./checkpoint.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { type ExportLimits, fileKey } from "./export-state.ts";
import { FORMATS } from "./formats.ts";
import { GuidanceTexts, type KnownContext } from "./guidance.ts";
import { HashSet64, isHeldOut } from "./hash64.ts";
import { prepareRow } from "./prepare-row.ts";
import { type ExportRow, readPages } from "./read-rows.ts";
import { TextScanner } from "./scan-texts.ts";
import { putSegment, readSection, type SegmentParts, segmentKey } from "./segment.ts";
import { SidecarRecords } from "./sidecar-records.ts";
import { TrainingParts } from "./training-parts.ts";

export type Writing = Pick<Services, "db" | "clock" | "bucket" | "clusters" | "config">;

export interface ClaimedExport extends Claim {
  options: ExportOptions;
  boundary: number | null;
}

const FIRST_PAGE_BYTES = 2 ** 20;
const MOST_BYTES_PER_UNIT = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Writes rows from where the checkpoint stands: until there are no more, or this message has had its share. Keeps a
 * checkpoint after each part.
 * @returns the last checkpoint; its `finished` says whether all rows are in
 * @throws ClaimLost when somebody erased or cancelled meanwhile
 */
export async function writeRows(
  services: Writing,
  claimed: ClaimedExport,
  from: Checkpoint,
  limits: ExportLimits,
): Promise<Checkpoint> {
  const run = await ExportRun.begin(services, claimed, from, limits);
  const ends = services.clock() + limits.messageMs;
  let pages = 0;
  try {
    const { boundary } = claimed;
    for await (const page of readPages(services.db, claimed.options, {
      boundary,
      cursor: from.cursor,
      pageRows: limits.pageRows,
    })) {
      await run.take(page);
      pages += 1;
      if (pages >= limits.pagesPerMessage || services.clock() >= ends) return await run.checkpoint(false);
    }
    return await run.checkpoint(true);
  } catch (error) {
    await run.leave();
    throw error;
  }
}

/** What a checkpoint is made of. */
interface Snapshot {
  finished: boolean;
  gathered: SegmentParts;
  state: Pick<Checkpoint, "cursor" | "counts" | "sha256">;
}

/** One run over the rows: what it gathers between two checkpoints. */
class ExportRun {
  readonly #services: Writing;
  readonly #claimed: ClaimedExport;
  readonly #parts: TrainingParts;
  readonly #seen: HashSet64;
  readonly #guidance: GuidanceTexts;
  #last: Checkpoint;
  #counts: ExportCounts;
  #cursor: number;
  #hashes: number[] = [];
  #validation: string[] = [];
  readonly #scanner = new TextScanner();
  readonly #sidecar = new SidecarRecords();
  readonly #rule: ExportRule;
  /** One for all pages: a new one for each would be garbage the engine is slow to see. */
  #bytes = new Uint8Array(FIRST_PAGE_BYTES);
  #skipped: string[] = [];
  #saving: Promise<void> = Promise.resolve();

  private constructor(
    services: Writing,
    claimed: ClaimedExport,
    from: Checkpoint,
    resumed: { parts: TrainingParts; seen: HashSet64; guidance: GuidanceTexts },
  ) {
    this.#services = services;
    this.#claimed = claimed;
    this.#last = from;
    this.#counts = structuredClone(from.counts);
    this.#cursor = from.cursor;
    this.#parts = resumed.parts;
    this.#seen = resumed.seen;
    this.#guidance = resumed.guidance;
    this.#rule = { ...exportRule(services.config), minGain: claimed.options.min_gain };
  }

  static async begin(services: Writing, claimed: ClaimedExport, from: Checkpoint, limits: ExportLimits) {
    const { bucket } = services;
    const seen = new HashSet64(limits.mostHashSlots);
    const guidance: KnownContext[] = [];
    let tail: Uint8Array = new Uint8Array();
    for (const [index, lengths] of from.segments.entries()) {
      const key = segmentKey(claimed.id, from.generation, index);
      const hashes = new Uint32Array((await readSection(bucket, key, lengths, "hashes")).slice().buffer);
      for (let i = 0; i < hashes.length; i += 2) seen.add({ high: hashes[i] ?? 0, low: hashes[i + 1] ?? 0 });
      const known = decoder.decode(await readSection(bucket, key, lengths, "guidance"));
      if (known !== "") guidance.push(...(JSON.parse(known) as KnownContext[]));
      if (index === from.segments.length - 1) tail = await readSection(bucket, key, lengths, "tail");
    }
    const { uploadId, parts } = from;
    const key = fileKey({ id: claimed.id, generation: from.generation }, "training_data.jsonl");
    return new ExportRun(services, claimed, from, {
      parts: new TrainingParts(bucket, key, limits.partBytes, { uploadId, parts, tail }),
      seen,
      guidance: new GuidanceTexts(services, guidance),
    });
  }

  async take(page: ExportRow[]): Promise<void> {
    const lines: string[] = [];
    let characters = 0;
    for (const row of page) {
      const line = await this.#lineOf(row);
      if (line === null) continue;
      characters += line.length;
      lines.push(line);
    }
    this.#cursor = page.at(-1)?.seq ?? this.#cursor;
    const chunk = this.#encode(lines.join(""));
    this.#counts.bytes += chunk.byteLength;
    // The frame of a line is what all lines share; its characters are no tokens of the texts.
    const frame = this.#frame() * lines.length;
    this.#counts.tokens += estimateTokens(characters - frame, chunk.byteLength - frame, lines.length * 2);
    if (await this.#parts.write(chunk)) this.#startSaving(await this.#snapshot(false));
  }

  /** Good until the next page. */
  #encode(text: string): Uint8Array {
    const most = text.length * MOST_BYTES_PER_UNIT;
    if (this.#bytes.byteLength < most) this.#bytes = new Uint8Array(most);
    return this.#bytes.subarray(0, encoder.encodeInto(text, this.#bytes).written);
  }

  #frameLength: number | undefined;
  #frame(): number {
    this.#frameLength ??= FORMATS[this.#claimed.options.format]({
      system: null,
      prompt: "",
      preferred: "",
      original: "",
    }).length;
    return this.#frameLength + 1;
  }

  /** The training line of a row, with its line feed; null when it goes elsewhere. */
  async #lineOf(row: ExportRow): Promise<string | null> {
    const { options } = this.#claimed;
    const counts = this.#counts;
    const { reviewStatus, pairwise, guardFindings, edited } = row.facts;
    const refused = notExportable(
      {
        scoreGainEstimate: row.scoreGainEstimate,
        newRating: row.newRating,
        reviewStatus,
        pairwise,
        guardFindings,
        edited,
      },
      this.#rule,
    );
    if (refused !== null) return this.#skip(row, refused);
    const { prompt, preferred, original } = row;
    const system = options.system === "guided" ? await this.#guidance.of(row.clusterId, prompt) : null;
    const prepared = prepareRow(
      { system, prompt, preferred, original },
      { format: options.format, redacting: this.#services.config.REDACT_EXPORTS, scanner: this.#scanner },
    );
    if (typeof prepared === "string") return this.#skip(row, prepared);
    const hash = prepared.scanned;
    if (this.#seen.isFull) counts.unchecked = (counts.unchecked ?? 0) + 1;
    if (!this.#seen.add(hash.pair)) return this.#skip(row, "duplicate");
    if (!this.#seen.isFull) this.#hashes.push(hash.pair.high, hash.pair.low);
    if (prepared.personal) counts.redacted += 1;
    if (prepared.repaired) counts.repaired += 1;
    const { version } = row.facts;
    counts.versions[version] = (counts.versions[version] ?? 0) + 1;

    const heldOut = isHeldOut(hash.prompt, options.validation_fraction ?? 0);
    if (heldOut) counts.validationRows += 1;
    else counts.rows += 1;
    const { id: improvementId, failureId, promptId, oldRating, newRating, scoreGainEstimate, seq } = row;
    this.#sidecar.add({ seq, improvementId, failureId, promptId, heldOut, oldRating, newRating, scoreGainEstimate });
    const line = `${FORMATS[options.format](prepared.row)}\n`;
    if (!heldOut) return line;
    this.#validation.push(line);
    return null;
  }

  #skip(row: ExportRow, reason: string): null {
    this.#counts.skipped[reason] = (this.#counts.skipped[reason] ?? 0) + 1;
    this.#skipped.push(`{"id":"${row.id}","failure_id":"${row.failureId}","reason":"${reason}"}\n`);
    return null;
  }

  /** Waits for all that is under way, then keeps everything there is. */
  async checkpoint(finished: boolean): Promise<Checkpoint> {
    this.#startSaving(await this.#snapshot(finished));
    await this.#saving;
    return this.#last;
  }

  /** What came in since the last checkpoint, taken out of the run; waits until that one is kept. */
  async #snapshot(finished: boolean): Promise<Snapshot> {
    await this.#saving;
    const take = (lines: string[]) => encoder.encode(lines.splice(0).join(""));
    const added = this.#guidance.takeAdded();
    const hashes = Uint32Array.from(this.#hashes.splice(0));
    const sha256 = finished ? await this.#parts.sha256() : null;
    return {
      finished,
      gathered: {
        hashes: new Uint8Array(hashes.buffer),
        guidance: encoder.encode(added.length === 0 ? "" : JSON.stringify(added)),
        tail: this.#parts.tail(),
        validation: take(this.#validation),
        improvements: this.#sidecar.take(),
        skipped: take(this.#skipped),
      },
      state: { cursor: this.#cursor, counts: structuredClone(this.#counts), sha256 },
    };
  }

  #startSaving(snapshot: Snapshot): void {
    this.#saving = this.#save(snapshot);
    // Whoever waits for it next gets the error; until then it must not count as unhandled.
    this.#saving.catch(() => {});
  }

  async #save({ finished, gathered, state }: Snapshot): Promise<void> {
    const { bucket } = this.#services;
    const { format, generation, segments } = this.#last;
    const uploaded = await this.#parts.uploaded();
    const lengths = await putSegment(bucket, segmentKey(this.#claimed.id, generation, segments.length), gathered);
    const next: Checkpoint = { format, generation, ...uploaded, segments: [...segments, lengths], ...state, finished };
    await saveCheckpoint(this.#services, this.#claimed, next);
    this.#last = next;
  }

  /** Ends a run that failed: what no checkpoint knows would be nobody's. */
  async leave(): Promise<void> {
    await Promise.allSettled([this.#saving, this.#parts.uploaded()]);
    await dropLost(this.#services, this.#claimed.id, this.#last.generation, this.#parts.uploadId);
  }
}
