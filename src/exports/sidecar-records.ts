import { LINE_WIDTH, NO_ID, SCORE_WIDTH, SEQ_WIDTH, SIDECAR_WIDTH, type SidecarRow, sidecarLine } from "./sidecar.ts";

/*
 * Until all rows are in, each is kept as a record of a quarter of its line's bytes: what one checkpoint after another
 * stores is read back once, for the sidecar.
 */

/** Bytes: seq, three ids of 16, three scores of 2, the file. */
const RECORD = { seq: 0, ids: 8, scores: 56, heldOut: 62, width: 64 };

/** For a score that is not known; none is near it. */
const NO_SCORE = -32_768;

const FIRST_RECORDS = 1_024;

/** Gathers records. */
export class SidecarRecords {
  #bytes = new Uint8Array(FIRST_RECORDS * RECORD.width);
  #view = new DataView(this.#bytes.buffer);
  #filled = 0;

  add(row: Omit<SidecarRow, "line">): void {
    if (this.#filled === this.#bytes.byteLength) this.#grow();
    const at = this.#filled;
    this.#filled += RECORD.width;
    this.#view.setFloat64(at + RECORD.seq, row.seq);
    putId(this.#bytes, at + RECORD.ids, row.improvementId);
    putId(this.#bytes, at + RECORD.ids + 16, row.failureId);
    putId(this.#bytes, at + RECORD.ids + 32, row.promptId);
    this.#view.setInt16(at + RECORD.scores, row.scoreGainEstimate ?? NO_SCORE);
    this.#view.setInt16(at + RECORD.scores + 2, row.oldRating ?? NO_SCORE);
    this.#view.setInt16(at + RECORD.scores + 4, row.newRating ?? NO_SCORE);
    this.#bytes[at + RECORD.heldOut] = row.heldOut ? 1 : 0;
  }

  /** What came in since this was last asked; a copy. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#filled);
    this.#filled = 0;
    return taken;
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#bytes.byteLength * 2);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Turns records into lines, and counts the lines of both files on the way. */
export class SidecarLines {
  #lines = { training: 0, validation: 0 };

  /** @returns their lines, in the bytes of the file */
  of(records: Uint8Array): Uint8Array {
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    const out = new Uint8Array((records.byteLength / RECORD.width) * SIDECAR_WIDTH);
    for (let at = 0, to = 0; at < records.byteLength; at += RECORD.width, to += SIDECAR_WIDTH) {
      const heldOut = records[at + RECORD.heldOut] === 1;
      out.set(heldOut ? FRAMES.validation : FRAMES.training, to);
      putNumber(out, to + PLACES.seq, view.getFloat64(at + RECORD.seq));
      for (const [n, place] of PLACES.ids.entries()) putUuid(out, to + place, records, at + RECORD.ids + n * 16);
      putNumber(out, to + PLACES.line, heldOut ? ++this.#lines.validation : ++this.#lines.training);
      for (const [n, place] of PLACES.scores.entries()) {
        const score = view.getInt16(at + RECORD.scores + n * 2);
        if (score !== NO_SCORE) putNumber(out, to + place, score);
      }
    }
    return out;
  }
}

/** A line with nothing in it but nulls, into which the values go. */
function frameOf(heldOut: boolean): Uint8Array {
  const ids = { improvementId: NO_ID, failureId: NO_ID, promptId: NO_ID };
  const scores = { scoreGainEstimate: null, oldRating: null, newRating: null };
  return new TextEncoder().encode(sidecarLine({ seq: 0, ...ids, heldOut, line: 0, ...scores }));
}

const FRAMES = { training: frameOf(false), validation: frameOf(true) };

/** Where values stand: ids from their first digit on, numbers by their last. */
const PLACES = (() => {
  const line = new TextDecoder().decode(FRAMES.training);
  const placeOf = (name: string) => line.indexOf(`"${name}":`) + name.length + 3;
  const lastOf = (name: string, width: number) => placeOf(name) + width - 1;
  return {
    seq: lastOf("seq", SEQ_WIDTH),
    ids: ["id", "failure_id", "prompt_id"].map((name) => placeOf(name) + 1),
    line: lastOf("line", LINE_WIDTH),
    scores: ["score_gain_estimate", "old_rating", "new_rating"].map((name) => lastOf(name, SCORE_WIDTH)),
  };
})();

const [ZERO, HYPHEN, BLANK] = [48, 45, 32];

/** Writes a whole number so that it ends at `last`, over "null" and zeros. */
function putNumber(out: Uint8Array, last: number, value: number): void {
  let at = last;
  // What "null" leaves to the left of it.
  out.fill(BLANK, last - 3, last + 1);
  for (let rest = Math.abs(value); rest > 0 || at === last; rest = Math.floor(rest / 10))
    out[at--] = ZERO + (rest % 10);
  if (value < 0) out[at] = HYPHEN;
}

const HEX = new TextEncoder().encode("0123456789abcdef");
const hexOf = new Uint8Array(128);
for (const [value, code] of HEX.entries()) hexOf[code] = value;

function putId(out: Uint8Array, at: number, uuid: string): void {
  for (let i = 0, from = 0; i < 16; i++) {
    if (uuid.charCodeAt(from) === HYPHEN) from++;
    out[at + i] = ((hexOf[uuid.charCodeAt(from)] ?? 0) << 4) | (hexOf[uuid.charCodeAt(from + 1)] ?? 0);
    from += 2;
  }
}

function putUuid(out: Uint8Array, to: number, from: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) {
    // The frame has the hyphens already.
    if (out[to] === HYPHEN) to++;
    const byte = from[at + i] as number;
    out[to++] = HEX[byte >> 4] as number;
    out[to++] = HEX[byte & 15] as number;
  }
}
