import type { Found } from "./personal-numbers.ts";

/** Names looked for in one failure's texts, and the shortest part of one that is looked for alone. */
const MOST_NAMES = 20;
const SHORTEST_PART = 3;

/**
 * Where names that are known stand in a text: in full, in any case, or a part of one with its capital ("Ada" of "Ada
 * Quill"). The value is what stands there, so that each spelling can be put back as it was.
 */
export function findNames(text: string, names: readonly string[]): Found[] {
  const whole = names.slice(0, MOST_NAMES).map((name) => name.trim().split(/\s+/));
  const parts = whole.flatMap((words) => (words.length < 2 ? [] : words.filter(isPart)));
  const found = [
    ...matches(text, whole, "giu"),
    ...matches(
      text,
      parts.map((part) => [part]),
      "gu",
    ),
  ];
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  let end = 0;
  return found.filter((one) => {
    if (one.start < end) return false;
    end = one.end;
    return true;
  });
}

const isPart = (word: string) => word.length >= SHORTEST_PART && /^\p{Lu}|^\p{Lo}/u.test(word);

function matches(text: string, names: string[][], flags: string): Found[] {
  const spelled = names
    .filter(([first]) => first)
    .map((words) => words.map((word) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("\\s+"))
    .sort((a, b) => b.length - a.length);
  if (spelled.length === 0) return [];
  // Not inside a word, nor inside a placeholder.
  const name = new RegExp(`(?<![\\p{L}\\p{N}_[])(?:${spelled.join("|")})(?![\\p{L}\\p{N}_])`, flags);
  return [...text.matchAll(name)].map(({ 0: value, index }) => ({ value, start: index, end: index + value.length }));
}
