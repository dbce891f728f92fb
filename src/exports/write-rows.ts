import type { ExportOptions } from "../db/schema/exports.ts";
import type { Services } from "../services.ts";
import { type Checkpoint, type Claim, dropLost, type ExportCounts, saveCheckpoint } from "./checkpoint.ts";
import { addTokens } from "./estimate-tokens.ts";
import { EXPORT_FILES, type ExportLimits, fileKey } from "./export-state.ts";
import { textsIn } from "./formats.ts";
import { GuidanceTexts, type KnownContext } from "./guidance.ts";
import { HashSet64 } from "./hash-set.ts";
import { PartWriter } from "./part-writer.ts";
import { type ExportRow, readPages } from "./read-rows.ts";
import { noParts, putSegment, readSection, type Section, type SegmentParts, segmentKey } from "./segment.ts";
import { RowSorter } from "./sort-rows.ts";
import { drawnLines, findMoved } from "./split.ts";

export type Writing = Pick<Services, "db" | "clock" | "bucket" | "clusters" | "config">;

export interface ClaimedExport extends Claim {
  options: ExportOptions;
  boundary: number | null;
}

/** Sections, and files of the same name, that are put together at the end. */
const SMALLER_FILES = ["validation", "improvements", "skipped"] as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Writes rows from the checkpoint on, until there are no more or this message has had its share. Keeps a checkpoint
 * after each part.
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
  const { options, boundary } = claimed;
  const range = { boundary, cursor: from.cursor, pageRows: limits.pageRows };
  let pages = 0;
  try {
    for await (const page of readPages(services.db, options, range)) {
      await run.take(page);
      pages += 1;
      if (pages >= limits.pagesPerMessage || services.clock() >= ends) return await run.checkpoint(false);
    }
    return await run.finish();
  } catch (error) {
    await run.leave();
    throw error;
  }
}

const bytesOf = (numbers: number[]) => new Uint8Array(Uint32Array.from(numbers).buffer);

/** What a checkpoint is made of. */
interface Snapshot {
  gathered: SegmentParts;
  state: Pick<Checkpoint, "cursor" | "counts" | "sha256" | "finished">;
}

/** One run over the rows: the files they go into, and the checkpoints on the way. */
class ExportRun {
  readonly #services: Writing;
  readonly #claimed: ClaimedExport;
  readonly #training: PartWriter;
  readonly #guidance: GuidanceTexts;
  readonly #sorter: RowSorter;
  readonly #partBytes: number;
  readonly #counts: ExportCounts;
  #last: Checkpoint;
  #cursor: number;
  #gathered = noParts();
  #gatheredBytes = 0;
  #saving: Promise<void> = Promise.resolve();

  private constructor(
    services: Writing,
    claimed: ClaimedExport,
    from: Checkpoint,
    resumed: { training: PartWriter; seen: HashSet64; guidance: GuidanceTexts; partBytes: number },
  ) {
    this.#services = services;
    this.#claimed = claimed;
    this.#training = resumed.training;
    this.#guidance = resumed.guidance;
    this.#partBytes = resumed.partBytes;
    this.#last = from;
    this.#cursor = from.cursor;
    this.#counts = structuredClone(from.counts);
    this.#sorter = new RowSorter(claimed.options, services.config, { ...resumed, counts: this.#counts });
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
    const { uploadId, parts, generation } = from;
    const { partBytes } = limits;
    const name = "training_data.jsonl";
    const file = {
      bucket,
      key: fileKey({ id: claimed.id, generation }, name),
      contentType: EXPORT_FILES[name],
      partBytes,
    };
    const training = new PartWriter(file, { uploadId, parts, tail });
    return new ExportRun(services, claimed, from, {
      ...{ training, seen, partBytes },
      guidance: new GuidanceTexts(services, guidance, { fraction: claimed.options.validation_fraction ?? 0 }),
    });
  }

  async take(page: ExportRow[]): Promise<void> {
    const { training, hashes, sketches, ...others } = await this.#sorter.sort(page);
    this.#cursor = page.at(-1)?.seq ?? this.#cursor;
    const bytes = encoder.encode(training.join(""));
    this.#counts.bytes += bytes.byteLength;
    this.#gather("hashes", bytesOf(hashes));
    this.#gather("trained", bytesOf(sketches.training));
    this.#gather("drawn", bytesOf(sketches.validation));
    for (const file of SMALLER_FILES) this.#gather(file, encoder.encode(others[file].join("")));
    const partIsFull = await this.#training.write(bytes);
    // What is gathered is held until the next checkpoint, even if no line is for training.
    if (partIsFull || this.#gatheredBytes >= this.#partBytes) this.#startSaving(await this.#snapshot(false));
  }

  #gather(section: Section, bytes: Uint8Array): void {
    this.#gathered[section].push(bytes);
    this.#gatheredBytes += bytes.byteLength;
  }

  /** Ends the file, when all rows are in: with the lines drawn for validation that are near a training line. */
  async finish(): Promise<Checkpoint> {
    const counts = this.#counts;
    const drawn = counts.validationRows;
    if (drawn > 0) {
      // What is compared is read back from the segments, so that it need not be held on the way.
      const { bucket } = this.#services;
      const written = { id: this.#claimed.id, ...(await this.checkpoint(false)) };
      const { moved, groups } = await findMoved(bucket, written, drawn);
      if (moved.length > 0) {
        for await (const line of drawnLines(bucket, written, moved)) {
          const bytes = encoder.encode(`${line}\n`);
          counts.bytes += bytes.byteLength;
          addTokens(counts.tokens, textsIn(line));
          await this.#training.write(bytes);
        }
        this.#gather("moved", bytesOf(moved));
      }
      counts.rows += moved.length;
      counts.validationRows -= moved.length;
      counts.split = { groups, moved: moved.length };
    }
    return await this.checkpoint(true);
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
    const guidance = this.#guidance.takeAdded();
    if (guidance.length > 0) this.#gather("guidance", encoder.encode(JSON.stringify(guidance)));
    const gathered = { ...this.#gathered, tail: [this.#training.tail()] };
    this.#gathered = noParts();
    this.#gatheredBytes = 0;
    const sha256 = finished ? await this.#training.sha256() : null;
    return { gathered, state: { finished, cursor: this.#cursor, counts: structuredClone(this.#counts), sha256 } };
  }

  #startSaving(snapshot: Snapshot): void {
    this.#saving = this.#save(snapshot);
    // Whoever waits for it next gets the error; until then it must not count as unhandled.
    this.#saving.catch(() => {});
  }

  async #save({ gathered, state }: Snapshot): Promise<void> {
    const { format, generation, segments } = this.#last;
    const uploaded = await this.#training.uploaded();
    const key = segmentKey(this.#claimed.id, generation, segments.length);
    const lengths = await putSegment(this.#services.bucket, key, gathered);
    const next: Checkpoint = { format, generation, ...uploaded, segments: [...segments, lengths], ...state };
    await saveCheckpoint(this.#services, this.#claimed, next);
    this.#last = next;
  }

  /** Ends a run that failed: what no checkpoint knows would be nobody's. */
  async leave(): Promise<void> {
    await Promise.allSettled([this.#saving, this.#training.uploaded()]);
    await dropLost(this.#services, this.#claimed.id, this.#last.generation, this.#training.uploadId);
  }
}
