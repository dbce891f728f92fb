import { longestCommonRun } from "./longest-common-run.ts";
import { splitWords } from "./words.ts";

/** By this many words in a row a text repeats another: eight are rarely shared by chance (see `COPY_LIMITS`). */
const ECHO_WORDS = 8;

const foldedWords = (text: string) => splitWords(text).words.map(({ folded }) => folded);

/**
 * The stretch of a customer's words that a text repeats without having it from anybody else; null for none. What a
 * customer planted comes back so.
 * @param said what the customer said
 * @param others texts that the words may rightly come from as well
 * @param atLeast words in a row
 */
export function findEcho(
  text: string,
  said: readonly string[],
  others: readonly string[] = [],
  atLeast = ECHO_WORDS,
): string | null {
  const { text: plain, words } = splitWords(text);
  const mine = words.map(({ folded }) => folded);
  if (mine.length < atLeast) return null;
  for (const source of said) {
    const run = longestCommonRun(foldedWords(source), mine);
    if (run.length < atLeast) continue;
    const repeated = mine.slice(run.start, run.start + run.length);
    if (others.some((other) => longestCommonRun(foldedWords(other), repeated).length >= atLeast)) continue;
    return plain.slice(words[run.start]?.start, words[run.start + run.length - 1]?.end);
  }
  return null;
}
