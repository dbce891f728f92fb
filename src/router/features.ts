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

const SPACE = 32;
const FINAL_SIGMA = 0x3c2;
const SIGMA = 0x3c3;
const BUCKET_SHIFT = 32 - BUCKET_BITS;
const PRIME = 0x01000193;
const PIECE_SEED = 0x2f0b4c47;
const WORD_SEED = 0x5bd1e995;
const NEXT_SEED = 0x1b873593;
const PAIR_SEED = 0x68e31da4;

const SEPARATOR = 1;
const LETTER = 2;
const OWN_WORD = 3;
const IGNORED = 4;
/** What each UTF-16 unit is to the tokenizer, filled in as units are first met (0 = not met yet). */
const kinds = new Uint8Array(0x10000);
for (let code = 0; code < 128; code++) {
  const upper = code >= 65 && code <= 90;
  kinds[code] = upper || (code >= 97 && code <= 122) || (code >= 48 && code <= 57) ? LETTER : SEPARATOR;
}

// Scratch space of the module: featurising is synchronous, so calls never overlap, and nothing is allocated per message.
// With words as strings, found by a pattern, a whole prompt took 134 µs of CPU; so it takes 124.
const stream = new Uint16Array(2 * MAX_INPUT_CHARS + 4);
const seenIn = new Uint32Array(BUCKETS);
const stems = new Int32Array(stream.length);
let generation = 0;

function kindOf(code: number): number {
  const known = kinds[code] ?? 0;
  if (known !== 0) return known;
  const char = String.fromCharCode(code);
  let kind = SEPARATOR;
  // After NFKC a lone dot above is only what lowercasing leaves of the Turkish capital I with a dot.
  if (code === 0x307 || /\p{Default_Ignorable_Code_Point}/u.test(char)) kind = IGNORED;
  else if (/[\p{L}\p{N}\p{M}]/u.test(char)) kind = LETTER;
  else if (/\p{Extended_Pictographic}/u.test(char)) kind = OWN_WORD;
  else if (code >= 0xd800 && code <= 0xdfff) kind = OWN_WORD;
  kinds[code] = kind;
  return kind;
}

/**
 * Case folding that no locale changes: NFKC, then upper and lower case, so that "STRASSE" and "straße" agree. Lone
 * surrogates become the replacement character first, which separates words.
 */
function fold(text: string): string {
  return text.toWellFormed().normalize("NFKC").toUpperCase().toLowerCase();
}

/** Writes the words into `stream`, one space before each and one at the end; returns the units written. */
function writeWords(text: string): number {
  const length = Math.min(text.length, MAX_INPUT_CHARS);
  let written = 1;
  stream[0] = SPACE;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return writeFoldedWords(fold(text.slice(0, length)));
    if (kinds[code] === LETTER) stream[written++] = code >= 65 && code <= 90 ? code + 32 : code;
    else if (stream[written - 1] !== SPACE) stream[written++] = SPACE;
  }
  if (stream[written - 1] !== SPACE) stream[written++] = SPACE;
  return written;
}

/** The same for text beyond ASCII, already folded. NFKC can lengthen text, so the end of the space is watched. */
function writeFoldedWords(text: string): number {
  const end = stream.length - 4;
  let written = 1;
  stream[0] = SPACE;
  for (let i = 0; i < text.length && written < end; i++) {
    const code = text.charCodeAt(i);
    const kind = kindOf(code);
    if (kind === IGNORED) continue;
    if (kind === LETTER) {
      stream[written++] = code === FINAL_SIGMA ? SIGMA : code;
      continue;
    }
    if (stream[written - 1] !== SPACE) stream[written++] = SPACE;
    if (kind !== OWN_WORD) continue;
    // An emoji, or a letter beyond the basic plane, is a word of its own: both halves of it.
    stream[written++] = code;
    if (code >= 0xd800 && code <= 0xdbff) stream[written++] = text.charCodeAt(++i);
    stream[written++] = SPACE;
  }
  if (stream[written - 1] !== SPACE) stream[written++] = SPACE;
  return written;
}

/**
 * The distinct feature buckets of a message, in the order met, written to `out` (BUCKETS long at least).
 *
 * @param text any text in any script; what lies beyond MAX_INPUT_CHARS is not read
 * @returns how many buckets were written; 0 when the text holds no letter, digit or emoji
 */
export function writeFeatures(text: string, out: Uint16Array): number {
  const end = writeWords(text);
  if (generation === 0xffffffff) {
    seenIn.fill(0);
    generation = 0;
  }
  const now = ++generation;
  let count = 0;
  let words = 0;
  let bucket = 0;
  let start = 1;
  while (start < end) {
    let word = WORD_SEED;
    let stem = WORD_SEED;
    let stop = start;
    // From the space before the word on: pieces know where a word begins and ends. That first turn finds the end.
    for (let from = start - 1; from < Math.max(start, stop); from++) {
      let piece = PIECE_SEED;
      let at = from;
      for (let length = 1; length <= MAX_PIECE; length++, at++) {
        const code = stream[at] as number;
        piece = Math.imul(piece ^ code, PRIME) + length;
        if (length >= MIN_PIECE || code >= FIRST_SYLLABIC) {
          bucket = Math.imul(piece ^ (piece >>> 15), 0x85ebca6b) >>> BUCKET_SHIFT;
          if (seenIn[bucket] !== now) {
            seenIn[bucket] = now;
            out[count++] = bucket;
          }
        }
        if (code === SPACE && length > 1) break;
      }
      if (from < start) {
        while (stream[stop] !== SPACE) stop++;
        continue;
      }
      word = Math.imul(word ^ (stream[from] as number), PRIME) + 1;
      if (from < start + STEM) stem = word;
    }
    for (let form = 0; form <= PAIR_WINDOW + 1 && form <= words + 1; form++) {
      let joined = word;
      if (form === 1) {
        if (words === 0) break;
        joined = Math.imul(stems[words - 1] as number, 31) + (stem ^ NEXT_SEED);
      } else if (form > 1) {
        // In either order: "card lost" and "lost my card" share the pair.
        const other = stems[words + 1 - form] as number;
        joined = Math.imul(Math.min(other, stem), 37) + (Math.max(other, stem) ^ PAIR_SEED);
      }
      bucket = Math.imul(joined ^ (joined >>> 15), 0x9e3779b1) >>> BUCKET_SHIFT;
      if (seenIn[bucket] !== now) {
        seenIn[bucket] = now;
        out[count++] = bucket;
      }
    }
    stems[words++] = stem;
    start = stop + 1;
  }
  return count;
}

const scratch = new Uint16Array(BUCKETS);

/**
 * The distinct feature buckets of a message in rising order, as training keeps them. Each has the weight
 * 1 / sqrt(count), so that the vector has length 1.
 */
export function featuresOf(text: string): Uint16Array {
  return scratch.slice(0, writeFeatures(text, scratch)).sort();
}
