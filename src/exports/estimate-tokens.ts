/*
 * Tokens are estimated: the o200k ranks are 1.07 MB gzipped, more than all the rest of the Worker, and count 8 MB/s,
 * a fifth of the speed at which rows are written. Fitted to o200k on support messages: English, German, Spanish
 * within 5%; French +12%; Russian, Arabic, Chinese, Japanese, Korean within 25%. The median error of a single
 * English message is 7%, and errors even out over a file.
 */

/** What the manifest says of the numbers. */
export const TOKEN_METHOD =
  "estimated from characters; measured against o200k: within 5% for English, German and Spanish text, within 25% for other scripts";

const PER_CHARACTER = 0.235;

/** For each further UTF-8 byte a character takes: little in alphabets, much where a character is a word. */
const PER_EXTRA_BYTE = { alphabet: 0.06, ideographs: 0.25 };

/** From here on most characters take three bytes. */
const IDEOGRAPHS = 1.1;

/** The frame of each message, as OpenAI counts it. */
const PER_MESSAGE = 3;

/**
 * @param characters UTF-16 units of the texts
 * @param bytes the same texts in UTF-8
 */
export function estimateTokens(characters: number, bytes: number, messages: number): number {
  const extra = Math.max(0, bytes - characters);
  const perExtra = extra > characters * IDEOGRAPHS ? PER_EXTRA_BYTE.ideographs : PER_EXTRA_BYTE.alphabet;
  return characters * PER_CHARACTER + extra * perExtra + messages * PER_MESSAGE;
}

/** What the smallest context of today's tunable models takes of one example. */
export const MOST_TOKENS = 65_536;

const BYTES_PER_CHARACTER = 3;

/** True for an example over the limit. A token is at least a byte, so short texts are never weighed at all. */
export function isOverLong(texts: string[]): boolean {
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters * BYTES_PER_CHARACTER <= MOST_TOKENS) return false;
  const bytes = new TextEncoder().encode(texts.join("")).byteLength;
  return bytes > MOST_TOKENS && estimateTokens(characters, bytes, texts.length) > MOST_TOKENS;
}
