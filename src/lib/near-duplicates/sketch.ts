import { hashText } from "../text-hash.ts";

/*
 * Near duplicates: texts that share at least `NEAR` of their pairs of neighbouring words (Jaccard), case, punctuation
 * and long numbers aside. A sketch holds 48 minima of the pairs' hashes, by one permutation (Li, Owen and Zhang 2012),
 * a byte of each; minima that no pair fell to are borrowed from others (Shrivastava 2017). Two sketches agree in as
 * large a share of the bytes as the texts share pairs, give or take. Four bytes are a band: texts that agree in no band
 * are not compared (`NearIndex`).
 */

/** The share of pairs from which on two texts are near duplicates. Of those just at it, about one in 800 is missed. */
export const NEAR = 0.8;

/** Bands, each the key of a look-up. */
export const BANDS = 12;

const MINIMA = BANDS * 4;

/** `BANDS` words of four minima each. */
export type Sketch = Uint32Array;

export const SKETCH_BYTES = BANDS * 4;

/** Minima that must agree: of texts just near, 38 do on average, with a deviation of 2.8. */
const AGREEING = 29;

export function areNear(a: Sketch, b: Sketch, atA = 0, atB = 0): boolean {
  let agreeing = 0;
  for (let band = 0; band < BANDS; band++) {
    const difference = (a[atA + band] ?? 0) ^ (b[atB + band] ?? 0);
    if ((difference & 0xff) === 0) agreeing++;
    if ((difference & 0xff00) === 0) agreeing++;
    if ((difference & 0xff0000) === 0) agreeing++;
    if ((difference & 0xff000000) === 0) agreeing++;
  }
  return agreeing >= AGREEING;
}

const NONE = 0xffffffff;

const minima = new Uint32Array(MINIMA);

/** From which minimum each is borrowed where no pair fell to it: the first of these that has one. */
const TRIES = 256;
const LENDERS = Uint8Array.from({ length: MINIMA * TRIES }, (_, i) =>
  i % TRIES === 0 ? i / TRIES : mixed(i) % MINIMA,
);

/** What a text has in common with near duplicates of it. */
export interface Likeness {
  sketch: Sketch;
  /**
   * From 0 up to, but without, 1: what texts are drawn by. Mostly the same for near duplicates, evenly spread over texts
   * that are not alike.
   */
  draw: number;
}

/** @param text its placeholders without their numbers, which say nothing of what is asked */
export function likenessOf(text: string): Likeness {
  minima.fill(NONE);
  let [least, next] = [NONE, NONE];
  forEachPair(text, (pair) => {
    const value = mixed(pair);
    const at = Math.floor((pair / 2 ** 32) * MINIMA);
    if (value < (minima[at] ?? 0)) minima[at] = value;
    if (value < least) {
      next = least;
      least = value;
    } else if (value < next && value !== least) next = value;
  });
  const sketch = new Uint32Array(BANDS);
  for (let i = 0; i < MINIMA; i++) {
    let lender = i * TRIES;
    // Of one pair alone 1 in 200 finds no lender; it counts as another value, the same for all such texts.
    for (const end = lender + TRIES - 1; lender < end && minima[LENDERS[lender] ?? 0] === NONE; ) lender++;
    const value = minima[LENDERS[lender] ?? 0] ?? NONE;
    sketch[i >>> 2] = (sketch[i >>> 2] ?? 0) | ((value & 0xff) << ((i & 3) * 8));
  }
  return { sketch, draw: mixed(least ^ Math.imul(next, 0x9e3779b1)) / 2 ** 32 };
}

function mixed(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Digits in a row that count as any number: orders, dates and phones have them, amounts and days mostly do not. */
const LONG_NUMBER = 4;

/** Scripts without spaces: three characters in a row count as a word. */
const SPACELESS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** What a UTF-16 unit counts as; any other number is the unit as it is compared, without case and accent. */
const [BREAK, PASSED_OVER] = [0, 1];
const MARKED_SPACELESS = 2 ** 16;
const [DIGIT_0, DIGIT_9] = [48, 57];

let table: Uint32Array | undefined;

/** What each unit counts as, worked out once: some milliseconds. Halves of pairs (emoji, rare signs) end words. */
function unitTable(): Uint32Array {
  if (table !== undefined) return table;
  table = new Uint32Array(2 ** 16);
  for (let unit = 0; unit < table.length; unit++) {
    const character = String.fromCharCode(unit);
    if (/[\u0300-\u036f]/.test(character)) table[unit] = PASSED_OVER;
    else if (/[\p{L}\p{M}\p{N}]/u.test(character)) {
      // Further on decomposing takes letters themselves apart (Hangul), or marks that are vowels (Devanagari).
      const plain = unit < 0x590 ? character.normalize("NFD") : character;
      const folded = plain.toLowerCase().charCodeAt(0);
      table[unit] = SPACELESS.test(character) ? folded | MARKED_SPACELESS : folded;
    } else table[unit] = BREAK;
  }
  return table;
}

/** Calls with the hash of each pair of neighbouring words, of a single word, or of a text that has none. */
function forEachPair(text: string, take: (pair: number) => void): void {
  const units = unitTable();
  let [word, beforeNumber, digits] = [0, 0, 0];
  let inWord = false;
  let last = 0;
  let words = 0;
  // The two characters before, in scripts without spaces.
  let [earlier, before] = [0, 0];
  const end = (ended: number) => {
    const own = mixed(ended);
    if (words > 0) take(mixed(Math.imul(last, 0x9e3779b1) ^ own));
    last = own;
    words++;
  };
  for (let i = 0; i <= text.length; i++) {
    const unit = i < text.length ? (units[text.charCodeAt(i)] ?? BREAK) : BREAK;
    if (unit === PASSED_OVER) continue;
    const isSpaceless = unit >= MARKED_SPACELESS;
    if (unit === BREAK || isSpaceless) {
      if (inWord) end(word);
      inWord = false;
      if (isSpaceless) {
        end(Math.imul(Math.imul(earlier, 0x85ebca6b) ^ before, 0xc2b2ae35) ^ unit);
        [earlier, before] = [before, unit];
      }
      continue;
    }
    if (!inWord) {
      [word, digits, inWord] = [0, 0, true];
      [earlier, before] = [0, 0];
    }
    if (unit >= DIGIT_0 && unit <= DIGIT_9) {
      if (digits++ === 0) beforeNumber = word;
      word = digits >= LONG_NUMBER ? stepped(beforeNumber, DIGIT_0) : stepped(word, unit);
    } else {
      digits = 0;
      word = stepped(word, unit);
    }
  }
  if (words === 1) take(last);
  if (words === 0) take(hashText(text).low);
}

function stepped(hash: number, unit: number): number {
  const h = Math.imul(hash ^ unit, 0x9e3779b1);
  return (h << 13) | (h >>> 19);
}
