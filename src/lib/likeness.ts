/** A text's beginning says what it is about. In UTF-16 units. */
const READ_CHARACTERS = 2_000;

/** The words of a text that can tell what it is about, each once, in lower case. */
export function wordsOf(text: string): string[] {
  const words = text
    .slice(0, READ_CHARACTERS)
    .toLowerCase()
    .match(/[\p{L}\p{N}]{3,}/gu);
  return [...new Set(words)];
}

/** How much of a text another one shares, by the words of both: long texts share words by chance, so they count less. */
export function likeness(own: readonly string[], asked: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of own) if (asked.has(word)) shared++;
  return shared / Math.sqrt(own.length || 1);
}
