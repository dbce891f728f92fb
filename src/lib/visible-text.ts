/*
 * Characters that a reader does not see and a model or a browser obeys. U+200C and U+200D stay: Persian and emoji need
 * them; so do the direction marks U+200E, U+200F and U+061C, which move no letters.
 */
const INVISIBLE =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each stands for itself here
  /[\u00AD\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B\u2060-\u2064\u206A-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}]/gu;

/** Embeddings, overrides and isolates: what turns the order of the letters that follow. */
const TURNING = /[\u202A-\u202E\u2066-\u2069]/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL = /[\u0000-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F]/g;

const LINE_BREAK = /[\v\f\u0085\u2028\u2029]/g;

/**
 * A text with only what a reader sees: no invisible or control characters, no turned order, each line break a plain one.
 * For what is put before a model or made by one; what is stored of a customer's stays as it was written.
 */
export function visibleText(text: string): string {
  return withoutTurns(text).replace(INVISIBLE, "").replace(CONTROL, "").replace(LINE_BREAK, "\n");
}

/** A text that cannot turn the order of what stands beside it. */
export function withoutTurns(text: string): string {
  return text.replace(TURNING, "");
}
