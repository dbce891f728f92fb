/*
 * The sidecar says which improvement each line came from, one JSON line for each, in the order of `seq` and all
 * equally long: so it can be searched by halving, a few bytes at a time, however many lines it has.
 */

export interface SidecarRow {
  /** The improvement's place in the order of exports. */
  seq: number;
  improvementId: string;
  failureId: string;
  promptId: string;
  heldOut: boolean;
  /** Its line in its file, from 1 on. */
  line: number;
  scoreGainEstimate: number | null;
  oldRating: number | null;
  newRating: number | null;
}

/** JavaScript's whole numbers have up to 16 digits. */
export const SEQ_WIDTH = 16;
export const LINE_WIDTH = 10;
export const SCORE_WIDTH = 4;

const padded = (value: number | null, width: number) => String(value).padStart(width);

/** A line with its line feed. JSON allows spaces before a number, which make all lines equally long. */
export function sidecarLine(row: SidecarRow): string {
  const file = row.heldOut ? '"validation"' : '"training"  ';
  return (
    `{"seq":${padded(row.seq, SEQ_WIDTH)},"id":"${row.improvementId}","failure_id":"${row.failureId}","prompt_id":"${row.promptId}","file":${file},` +
    `"line":${padded(row.line, LINE_WIDTH)},"score_gain_estimate":${padded(row.scoreGainEstimate, SCORE_WIDTH)},` +
    `"old_rating":${padded(row.oldRating, SCORE_WIDTH)},"new_rating":${padded(row.newRating, SCORE_WIDTH)}}\n`
  );
}

export const NO_ID = "00000000-0000-0000-0000-000000000000";

export const SIDECAR_WIDTH = sidecarLine({
  seq: 0,
  improvementId: NO_ID,
  failureId: NO_ID,
  promptId: NO_ID,
  heldOut: false,
  line: 1,
  scoreGainEstimate: null,
  oldRating: null,
  newRating: null,
}).length;

const SEQ_AT = '{"seq":'.length;
const seqOf = (line: string) => Number(line.slice(SEQ_AT, SEQ_AT + SEQ_WIDTH));

/** Lines fetched at once when the search has come close: 64 KB, about what a request costs anyway. */
const CLOSE = Math.floor(65_536 / SIDECAR_WIDTH);

/**
 * Whether an improvement is in a sidecar.
 * @param read the bytes of the file from `offset` on
 */
export async function isInSidecar(
  seq: number,
  bytes: number,
  read: (offset: number, length: number) => Promise<string>,
): Promise<boolean> {
  let low = 0;
  let high = bytes / SIDECAR_WIDTH;
  while (high - low > CLOSE) {
    const middle = Math.floor((low + high) / 2);
    const found = seqOf(await read(middle * SIDECAR_WIDTH, SIDECAR_WIDTH));
    if (found === seq) return true;
    if (found < seq) low = middle + 1;
    else high = middle;
  }
  if (high <= low) return false;
  const lines = await read(low * SIDECAR_WIDTH, (high - low) * SIDECAR_WIDTH);
  return lines.includes(`{"seq":${padded(seq, SEQ_WIDTH)},`);
}
