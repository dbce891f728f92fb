import { BUCKETS } from "./features.ts";

/**
 * The router's weights, one byte each, packed for adding up: four columns to a 32-bit word, so that one addition
 * serves two columns (the other two of the word wait in a second sum). With the 77 topics of Banking77 a message is
 * routed in 9 µs; byte by byte in 20, with rows added one by one in 13 (of some 130 µs for a whole prompt). Workers are
 * little-endian, so byte `n` of a row is column `n`.
 */
export type WeightTable = {
  columns: number;
  wordsPerRow: number;
  /** Bucket after bucket, so that a feature reads one run of memory. Bytes are weights raised by `BIAS`. */
  words: Int32Array;
};

/** Raises -128..127 to 0..255: sums of bytes without a sign do not borrow from their neighbours. */
const BIAS = 128;
/** The sum of this many bytes still fits the 16 bits that each sum has. */
const ROWS_PER_SUM = 256;
const EVEN_BYTES = 0x00ff00ff;

/** All weights 0. */
export function emptyWeights(columns: number): WeightTable {
  const wordsPerRow = Math.ceil(columns / 4);
  const words = new Int32Array(BUCKETS * wordsPerRow);
  new Uint8Array(words.buffer).fill(BIAS);
  return { columns, wordsPerRow, words };
}

/** Writes one column. @param weightOf a whole number from -128 to 127, by bucket */
export function setColumn({ words, wordsPerRow }: WeightTable, column: number, weightOf: (bucket: number) => number) {
  const bytes = new Uint8Array(words.buffer);
  for (let bucket = 0; bucket < BUCKETS; bucket++) bytes[bucket * wordsPerRow * 4 + column] = weightOf(bucket) + BIAS;
}

/** The weights as they stand in a file: bucket after bucket, without gaps. */
export function toInt8({ columns, words, wordsPerRow }: WeightTable): Int8Array<ArrayBuffer> {
  const bytes = new Uint8Array(words.buffer);
  const weights = new Int8Array(BUCKETS * columns);
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    for (let column = 0; column < columns; column++) {
      weights[bucket * columns + column] = (bytes[bucket * wordsPerRow * 4 + column] as number) - BIAS;
    }
  }
  return weights;
}

/** Reads what `toInt8` wrote. */
export function fromInt8(weights: Int8Array, columns: number): WeightTable {
  const table = emptyWeights(columns);
  for (let column = 0; column < columns; column++) {
    setColumn(table, column, (bucket) => weights[bucket * columns + column] as number);
  }
  return table;
}

// Scratch space of the module: summing is synchronous, so calls never overlap.
let even = new Int32Array(64);
let odd = new Int32Array(64);

/**
 * Adds up, per column, the weights of some buckets.
 * @param sums is given the sums; as long as the columns rounded up to a multiple of 4, at least
 */
export function sumWeights(table: WeightTable, buckets: Uint16Array, count: number, sums: Int32Array): void {
  const { words, wordsPerRow } = table;
  if (even.length < wordsPerRow) {
    even = new Int32Array(wordsPerRow);
    odd = new Int32Array(wordsPerRow);
  }
  for (let i = 0; i < wordsPerRow * 4; i++) sums[i] = 0;
  for (let from = 0; from < count; from += ROWS_PER_SUM) {
    const end = Math.min(count, from + ROWS_PER_SUM);
    let i = from;
    for (; i + 3 < end; i += 4) {
      const a = (buckets[i] as number) * wordsPerRow;
      const b = (buckets[i + 1] as number) * wordsPerRow;
      const c = (buckets[i + 2] as number) * wordsPerRow;
      const d = (buckets[i + 3] as number) * wordsPerRow;
      for (let word = 0; word < wordsPerRow; word++) {
        const w = words[a + word] as number;
        const x = words[b + word] as number;
        const y = words[c + word] as number;
        const z = words[d + word] as number;
        const evens = (w & EVEN_BYTES) + (x & EVEN_BYTES) + (y & EVEN_BYTES) + (z & EVEN_BYTES);
        const odds =
          ((w >>> 8) & EVEN_BYTES) + ((x >>> 8) & EVEN_BYTES) + ((y >>> 8) & EVEN_BYTES) + ((z >>> 8) & EVEN_BYTES);
        even[word] = ((even[word] as number) + evens) | 0;
        odd[word] = ((odd[word] as number) + odds) | 0;
      }
    }
    for (; i < end; i++) {
      const a = (buckets[i] as number) * wordsPerRow;
      for (let word = 0; word < wordsPerRow; word++) {
        const w = words[a + word] as number;
        even[word] = ((even[word] as number) + (w & EVEN_BYTES)) | 0;
        odd[word] = ((odd[word] as number) + ((w >>> 8) & EVEN_BYTES)) | 0;
      }
    }
    spread(sums, wordsPerRow, (end - from) * BIAS);
  }
}

/** Moves the packed sums of some rows into the columns' own, less what the bias added. */
function spread(sums: Int32Array, wordsPerRow: number, bias: number): void {
  for (let word = 0; word < wordsPerRow; word++) {
    const evens = even[word] as number;
    const odds = odd[word] as number;
    const column = 4 * word;
    sums[column] = (sums[column] as number) + (evens & 0xffff) - bias;
    sums[column + 1] = (sums[column + 1] as number) + (odds & 0xffff) - bias;
    sums[column + 2] = (sums[column + 2] as number) + (evens >>> 16) - bias;
    sums[column + 3] = (sums[column + 3] as number) + (odds >>> 16) - bias;
    even[word] = 0;
    odd[word] = 0;
  }
}
