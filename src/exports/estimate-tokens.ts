import { guessLanguage } from "../guards/language.ts";

/*
 * Tokens are estimated: the o200k ranks are 1.07 MB gzipped, more than all the rest of the Worker. The figures below are
 * o200k's, fitted to English questions and answers of public services and a bank (FeedbackQA, Banking77) and, for the
 * other languages, to support messages and the Universal Declaration of Human Rights. How far a file may be off is
 * held, script by script, by `test/exports/estimate-tokens.test.ts`.
 */

/** What the manifest says of the numbers. */
export const TOKEN_METHOD =
  "estimated for o200k from words and characters: support messages within 5% for English, 10% for other languages in Latin script, 15% for other scripts";

/** Words in Latin script, each letter of a word from the seventh on, up to three digits, marks in a row, and line ends. */
const [PER_WORD, PER_LONG_LETTER, PER_DIGITS, PER_MARKS, PER_LINE_END] = [0.989, 0.062, 1.607, 0.718, 1.091];
const SHORT_WORD = 6;
const DIGITS = 3;

/** Times as many tokens as English has for its words. */
const PER_ENGLISH: Readonly<Record<string, number>> = {
  ...{ en: 1, de: 1.25, fr: 1.11, es: 1.12, pt: 1.16, it: 1.4, nl: 1.19, sv: 1.6, da: 1.6, nb: 1.6, fi: 1.9 },
  ...{ pl: 1.9, cs: 1.95, ro: 1.65, hu: 1.9, tr: 1.82, id: 1.45, vi: 1.15 },
};

/** Tokens for each letter of other scripts. */
const PER_LETTER: readonly (readonly [RegExp, number])[] = [
  [/\p{Script=Cyrillic}/u, 0.29],
  [/\p{Script=Greek}/u, 0.4],
  [/\p{Script=Arabic}/u, 0.385],
  [/\p{Script=Hebrew}/u, 0.42],
  [/\p{Script=Devanagari}/u, 0.38],
  [/[\p{Script=Bengali}\p{Script=Gujarati}\p{Script=Gurmukhi}]/u, 0.39],
  [/\p{Script=Tamil}/u, 0.35],
  [/\p{Script=Thai}/u, 0.415],
  [/\p{Script=Han}/u, 0.755],
  [/[\p{Script=Hiragana}\p{Script=Katakana}ー]/u, 0.61],
  [/\p{Script=Hangul}/u, 0.7],
];

/** Other letters, and halves of pairs: emoji and rare signs. */
const PER_OTHER = 0.6;

/** The frame of each message, as OpenAI counts it. */
const PER_MESSAGE = 3;

/** What was counted of a file so far; plain data, kept in checkpoints. */
export interface TokenSums {
  rows: number;
  /** Tokens of all but the words in Latin script. */
  others: number;
  /** Tokens of the words in Latin script, as if they were English. */
  latin: number;
  /** Of the rows whose language was looked at and is clear: the same, and by their languages. */
  asEnglish: number;
  asTheyAre: number;
}

export const noTokens = (): TokenSums => ({ rows: 0, others: 0, latin: 0, asEnglish: 0, asTheyAre: 0 });

export function tokensOf({ others, latin, asEnglish, asTheyAre }: TokenSums): number {
  return Math.round(others + latin * (asEnglish === 0 ? 1 : asTheyAre / asEnglish));
}

/** The language is looked at in the first rows and then in some: it takes as long as all the rest of writing a line. */
const FIRST_ROWS = 200;
const EVERY = 100;

/** Adds a row. @param texts of its messages */
export function addTokens(sums: TokenSums, texts: readonly string[]): void {
  let latin = 0;
  for (const text of texts) {
    const counted = countText(text);
    latin += counted.latin;
    sums.others += counted.others + PER_MESSAGE;
  }
  sums.latin += latin;
  const isLookedAt = sums.rows < FIRST_ROWS || sums.rows % EVERY === 0;
  sums.rows++;
  const rate = isLookedAt && latin > 0 ? ratePerEnglish(texts.join("\n")) : undefined;
  if (rate === undefined) return;
  sums.asEnglish += latin;
  sums.asTheyAre += latin * rate;
}

/** A language that is not clear, but has as many letters beyond ASCII as those of the Latin script's costly languages. */
const MANY_BEYOND_ASCII = 0.06;
const PER_ENGLISH_BEYOND_ASCII = 1.8;
const FEWEST_LETTERS = 60;

function ratePerEnglish(text: string): number | undefined {
  const language = guessLanguage(text)?.language;
  if (language !== undefined) return PER_ENGLISH[language];
  const letters = text.match(/\p{Script=Latin}/gu) ?? [];
  const beyond = letters.filter((letter) => letter > "z").length;
  if (letters.length < FEWEST_LETTERS) return undefined;
  return beyond > letters.length * MANY_BEYOND_ASCII ? PER_ENGLISH_BEYOND_ASCII : undefined;
}

const [SPACE, LINE_END, DIGIT, MARK, LATIN, PASSED_OVER, OTHER] = [0, 1, 2, 3, 4, 5, 6];
const FIRST_SCRIPT = OTHER + 1;

let table: Uint8Array | undefined;

/** What each UTF-16 unit is, worked out once. */
function unitTable(): Uint8Array {
  table ??= Uint8Array.from({ length: 2 ** 16 }, (_, unit) => kindOf(String.fromCharCode(unit)));
  return table;
}

function kindOf(character: string): number {
  if (character === "\n") return LINE_END;
  if (/\s/.test(character)) return SPACE;
  if (/[0-9]/.test(character)) return DIGIT;
  const script = PER_LETTER.findIndex(([letters]) => letters.test(character));
  if (script >= 0 && /[\p{L}\p{M}ー]/u.test(character)) return FIRST_SCRIPT + script;
  if (/[\u0300-\u036f]/.test(character)) return PASSED_OVER;
  if (/\p{Script=Latin}/u.test(character)) return LATIN;
  return /[\p{L}\p{M}\p{N}\p{Cs}]/u.test(character) ? OTHER : MARK;
}

function countText(text: string): { latin: number; others: number } {
  const kinds = unitTable();
  let [latin, others, before, run] = [0, 0, SPACE, 0];
  for (let i = 0; i < text.length; i++) {
    const kind = kinds[text.charCodeAt(i)] ?? OTHER;
    if (kind === PASSED_OVER) continue;
    run = kind === before ? run + 1 : 1;
    before = kind;
    if (kind === LATIN) {
      if (run === 1) latin += PER_WORD;
      else if (run > SHORT_WORD) latin += PER_LONG_LETTER;
    } else if (kind >= FIRST_SCRIPT) others += PER_LETTER[kind - FIRST_SCRIPT]?.[1] ?? 0;
    else if (kind === OTHER) others += PER_OTHER;
    else if (kind === DIGIT && run % DIGITS === 1) others += PER_DIGITS;
    else if (kind === MARK && run === 1) others += PER_MARKS;
    else if (kind === LINE_END && run === 1) others += PER_LINE_END;
  }
  return { latin, others };
}

/** What the smallest context of today's tunable models takes of one example. */
export const MOST_TOKENS = 65_536;

const BYTES_PER_CHARACTER = 3;

/** True for an example over the limit. A token is at least a byte, so short texts are never weighed at all. */
export function isOverLong(texts: string[]): boolean {
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters * BYTES_PER_CHARACTER <= MOST_TOKENS) return false;
  const bytes = new TextEncoder().encode(texts.join("")).byteLength;
  if (bytes <= MOST_TOKENS) return false;
  const sums = noTokens();
  addTokens(sums, texts);
  return tokensOf(sums) > MOST_TOKENS;
}
