/**
 * Text to hashed features: words, neighbouring words, pairs of nearby words in any order, and the 2 to 5 character
 * pieces of each word, each hashed to one of 2^14 buckets. Presence counts, not frequency: in short messages a
 * repeated word says little, and equal weights let a prediction be a sum of whole numbers.
 *
 * Any change here changes what the buckets mean: raise FEATURE_VERSION, so that older router files are refused.
 */
export const FEATURE_VERSION = 1;

/** 2^14 buckets: larger tables gain less than half a point of accuracy and cost file size and cache misses. */
const BUCKET_BITS = 14;
export const BUCKETS = 1 << BUCKET_BITS;

/** UTF-16 units of a message that are read: a message says what it is about early, and 1 MB would cost half a second. */
export const MAX_INPUT_CHARS = 2_000;

const MIN_PIECE = 2;
const MAX_PIECE = 5;
/** Two words at most this far apart make a pair: 2 loses half a point on full data, 10 some with few examples. */
const PAIR_WINDOW = 8;
/** Pairs are of the words' first characters, so that "transfer failed" and "failing transfers" share one. */
const STEM = 5;
/** From here on (CJK, kana, Hangul) one character is a syllable or a meaning, so it counts alone. */
const FIRST_SYLLABIC = 0x2e80;

const BUCKET_SHIFT = 32 - BUCKET_BITS;
const PRIME = 0x01000193;
const PIECE_SEED = 0x2f0b4c47;
const WORD_SEED = 0x5bd1e995;
const NEXT_SEED = 0x1b873593;
const PAIR_SEED = 0x68e31da4;
const PIECE_FINISH = 0x85ebca6b;
const WORD_FINISH = 0x9e3779b1;

/** An emoji, or a letter beyond the basic plane, is a word of its own. */
const WORDS = /[[\p{L}\p{N}\p{M}]&&[\0-\uFFFF]]+|[\p{Extended_Pictographic}\u{10000}-\u{10FFFF}]/gv;
/** What is not seen, and the lone dot above that lowercasing leaves of the Turkish capital I with a dot. */
const IGNORED = /[[\p{Default_Ignorable_Code_Point}&&[\0-\uFFFF]]\u0307]/gv;

/**
 * The words of a message, folded as no locale would change it: NFKC, then upper and lower case, so that "STRASSE" and
 * "straße" agree, and one sigma. Lone surrogates become the replacement character first, which separates words.
 */
function foldedWords(text: string): string[] {
  const read = text.slice(0, MAX_INPUT_CHARS).toWellFormed();
  const folded = read.normalize("NFKC").toUpperCase().toLowerCase().replace(IGNORED, "").replaceAll("ς", "σ");
  // NFKC can lengthen a text by far.
  return folded.slice(0, 2 * MAX_INPUT_CHARS).match(WORDS) ?? [];
}

// Scratch space of the module: featurising is synchronous, so calls never overlap.
const seen = new Uint8Array(BUCKETS);

/**
 * The distinct feature buckets of a message, in the order met, written to `out` (BUCKETS long at least).
 *
 * @param text any text in any script; what lies beyond MAX_INPUT_CHARS is not read
 * @returns how many buckets were written; 0 when the text holds no letter, digit or emoji
 */
export function writeFeatures(text: string, out: Uint16Array): number {
  let count = 0;
  const add = (hash: number, finish: number) => {
    const bucket = Math.imul(hash ^ (hash >>> 15), finish) >>> BUCKET_SHIFT;
    if (seen[bucket] === 1) return;
    seen[bucket] = 1;
    out[count++] = bucket;
  };
  const stems: number[] = [];
  for (const letters of foldedWords(text)) {
    addPieces(` ${letters} `, add);
    let word = WORD_SEED;
    let stem = WORD_SEED;
    for (let at = 0; at < letters.length; at++) {
      word = Math.imul(word ^ letters.charCodeAt(at), PRIME) + 1;
      if (at < STEM) stem = word;
    }
    add(word, WORD_FINISH);
    const before = stems.length;
    if (before > 0) add(Math.imul(stems[before - 1] as number, 31) + (stem ^ NEXT_SEED), WORD_FINISH);
    for (let i = before - 1; i >= Math.max(0, before - PAIR_WINDOW); i--) {
      // In either order: "card lost" and "lost my card" share the pair.
      const other = stems[i] as number;
      add(Math.imul(Math.min(other, stem), 37) + (Math.max(other, stem) ^ PAIR_SEED), WORD_FINISH);
    }
    stems.push(stem);
  }
  for (let i = 0; i < count; i++) seen[out[i] as number] = 0;
  return count;
}

/** @param spaced a word with a space on both sides: pieces know where a word begins and ends */
function addPieces(spaced: string, add: (hash: number, finish: number) => void): void {
  for (let from = 0; from < spaced.length - 1; from++) {
    const end = Math.min(from + MAX_PIECE, spaced.length);
    let piece = PIECE_SEED;
    for (let at = from; at < end; at++) {
      const length = at - from + 1;
      const code = spaced.charCodeAt(at);
      piece = Math.imul(piece ^ code, PRIME) + length;
      if (length >= MIN_PIECE || code >= FIRST_SYLLABIC) add(piece, PIECE_FINISH);
    }
  }
}

const scratch = new Uint16Array(BUCKETS);

/**
 * The distinct feature buckets of a message in rising order, as training keeps them. Each has the weight
 * 1 / sqrt(count), so that the vector has length 1.
 */
export function featuresOf(text: string): Uint16Array {
  return scratch.slice(0, writeFeatures(text, scratch)).sort();
}
