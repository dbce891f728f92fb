import { readLines } from "../lib/read-lines.ts";
import type { ExportRow } from "./read-rows.ts";

/*
 * The sidecar says which improvement each line came from: one JSON line for each, in the order of `seq`, so that it can
 * be searched by halving, a few bytes at a time, however many lines it has.
 */

/** What a line says of its improvement. */
type SidecarRow = Pick<
  ExportRow,
  "seq" | "id" | "failureId" | "promptId" | "scoreGainEstimate" | "oldRating" | "newRating"
>;

/**
 * A line with its line feed; `seq` comes first, for the search.
 * @param line its line in the file it went into, from 1 on
 */
export function sidecarLine(row: SidecarRow, file: "training" | "validation", line: number): string {
  const fields = {
    ...{ seq: row.seq, id: row.id, failure_id: row.failureId, prompt_id: row.promptId, file, line },
    ...{ score_gain_estimate: row.scoreGainEstimate, old_rating: row.oldRating, new_rating: row.newRating },
  };
  return `${JSON.stringify(fields)}\n`;
}

/** Two lines fit: with three ids a line has less than 300. */
const LOOK_BYTES = 1_024;

/** From here on the rest is read as a whole: about what a request costs anyway. */
const CLOSE_BYTES = 65_536;

/**
 * Which improvements of a list are in a sidecar.
 * @param seqs in rising order
 * @param bytes the length of the file
 * @param read its bytes from `offset` on
 */
export async function seqsInSidecar(
  seqs: number[],
  bytes: number,
  read: (offset: number, length: number) => Promise<string>,
): Promise<Set<number>> {
  const found = new Set<number>();
  /** @param low,high both always where a line begins */
  const search = async (wanted: number[], low: number, high: number): Promise<void> => {
    if (wanted.length === 0 || high <= low) return;
    if (high - low <= CLOSE_BYTES) {
      const there = new Set(
        [...(await read(low, high - low)).matchAll(/^\{"seq":(\d+)/gm)].map(([, seq]) => Number(seq)),
      );
      for (const seq of wanted) if (there.has(seq)) found.add(seq);
      return;
    }
    const middle = Math.floor((low + high) / 2);
    const text = await read(middle, LOOK_BYTES);
    const begins = text.indexOf("\n") + 1;
    const met = Number(/^\{"seq":(\d+)/.exec(text.slice(begins))?.[1]);
    // The line that was met opens the second half.
    await search(
      wanted.filter((seq) => seq < met),
      low,
      middle + begins,
    );
    await search(
      wanted.filter((seq) => seq >= met),
      middle + begins,
      high,
    );
  };
  await search(seqs, 0, bytes);
  return found;
}

/** Two places in a sidecar, each where a line begins, between which the improvement is if it is there at all. */
async function narrow(
  seq: number,
  bytes: number,
  read: (offset: number, length: number) => Promise<string>,
): Promise<{ low: number; high: number }> {
  let low = 0;
  let high = bytes;
  while (high - low > CLOSE_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const text = await read(middle, LOOK_BYTES);
    const begins = text.indexOf("\n") + 1;
    const found = Number(/^\{"seq":(\d+)/.exec(text.slice(begins))?.[1]);
    if (found <= seq) low = middle + begins;
    else high = middle + begins;
  }
  return { low, high };
}

/**
 * Whether any of many improvements is in a sidecar: read from the first of them on, up to the first that is.
 * @param seqs in order
 * @param open its bytes from `offset` on, as they come
 */
export async function isAnyInSidecar(
  seqs: number[],
  bytes: number,
  read: (offset: number, length: number) => Promise<string>,
  open: (offset: number) => Promise<ReadableStream<Uint8Array> | null>,
): Promise<boolean> {
  const [first, last] = [seqs[0], seqs.at(-1)];
  if (first === undefined || last === undefined || bytes === 0) return false;
  const { low } = await narrow(first, bytes, read);
  const stream = low < bytes ? await open(low) : null;
  if (stream === null) return false;
  const wanted = new Set(seqs);
  const decoder = new TextDecoder();
  for await (const { bytes: line } of readLines(stream, LOOK_BYTES)) {
    const seq = Number(/^\{"seq":(\d+)/.exec(decoder.decode(line ?? undefined))?.[1]);
    if (wanted.has(seq)) return true;
    if (seq > last) return false;
  }
  return false;
}
