/**
 * A 64-bit hash, as two unsigned halves. By chance two of a million different texts are taken for the same once in
 * 37 million sets (n² / 2^65).
 */
export interface Hash64 {
  high: number;
  low: number;
}

const [SPACE, NO_BREAK_SPACE, UPPER_A, UPPER_Z, TO_LOWER] = [32, 160, 65, 90, 32];

const START: Hash64 = { high: 0x239b961b, low: 0xab0e9789 };

/** Marks a character that white space stands before. */
const WORD_BEGINS = 2 ** 16;

/**
 * The hash of what a text says: the same for texts that differ in case (ASCII) and white space alone. Two lanes that
 * multiply and turn, and the finish of cyrb53 (bryc), by which every bit of both reaches both halves. Synchronous, for
 * every line and every prompt; no secret, so nothing that must not be guessed may rest on it.
 * @param after the hash of what comes before the text: two texts in a row are then not taken for two others
 */
export function hashText(text: string, after = START): Hash64 {
  // Signed, as every step leaves them, and one by one: otherwise V8 takes half as long again.
  let a = after.high | 0;
  let b = after.low | 0;
  let begun = 0;
  let gap = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= SPACE || unit === NO_BREAK_SPACE) {
      gap = begun;
      continue;
    }
    const folded = (unit >= UPPER_A && unit <= UPPER_Z ? unit + TO_LOWER : unit) | gap;
    begun = WORD_BEGINS;
    gap = 0;
    a = Math.imul(a ^ folded, 0x9e3779b1);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ folded, 0x5f356495);
    b = (b << 15) | (b >>> 17);
  }
  const high = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  const low = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return { high: high >>> 0, low: low >>> 0 };
}

/** A hash as a number from 0 up to, but without, 1. */
export function toUnit({ high }: Hash64): number {
  return high / 2 ** 32;
}
