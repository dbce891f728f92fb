/** One word of a text: its folded form for comparing, and where it stands in the normalised text. */
export interface Word {
  /** Lower case, compatibility forms unified (NFKC), apostrophes dropped. */
  folded: string;
  start: number;
  end: number;
}

export interface WordedText {
  /** The text that `start` and `end` of its words count in (UTF-16 units). */
  text: string;
  words: Word[];
}

// Invisible characters (zero width spaces, soft hyphens, direction marks) would let a copy pass as another text.
const INVISIBLE = /\p{Cf}/gu;
const WORD = /[\p{L}\p{M}\p{N}_]+(?:['’ʼ][\p{L}\p{M}]+)*/gu;
const APOSTROPHE = /['’ʼ]/g;
// Scripts written without spaces between words: a whole sentence would count as one word.
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

let segmenter: Intl.Segmenter | undefined;

/** The text with compatibility forms unified (full-width letters, ligatures) and invisible characters gone. */
export function normaliseText(text: string): string {
  return text.normalize("NFKC").replace(INVISIBLE, "");
}

/**
 * Splits a text into words. Chinese, Japanese, Thai and other scripts without spaces are cut by the
 * dictionary of `Intl.Segmenter`, so that "13 words" is about as much text there as elsewhere.
 * Linear in the length of the text; never throws, whatever the string.
 */
export function splitWords(text: string): WordedText {
  const normal = normaliseText(text);
  const words: Word[] = [];
  for (const match of normal.matchAll(WORD)) {
    const start = match.index;
    const raw = match[0];
    if (!UNSPACED.test(raw)) {
      words.push({ folded: fold(raw), start, end: start + raw.length });
      continue;
    }
    segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" });
    for (const part of segmenter.segment(raw)) {
      const from = start + part.index;
      words.push({ folded: fold(part.segment), start: from, end: from + part.segment.length });
    }
  }
  return { text: normal, words };
}

function fold(word: string): string {
  return word.toLowerCase().replace(APOSTROPHE, "");
}
