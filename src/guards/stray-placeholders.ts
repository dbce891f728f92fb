import { PLACEHOLDER_NAMES } from "./personal-data/kinds.ts";

/** `EMAIL_1` in any brackets, also with one or both lost, and with Markdown's backslash. */
const NUMBERED = new RegExp(`(?<![\\p{L}\\p{N}_])[[{<(]?(?:${PLACEHOLDER_NAMES})\\\\?_\\d{1,6}(?!\\d)[\\]}>)]?`, "gu");
/** `[Email 1]`, `{email-1}`. */
const RESPELLED = new RegExp(`[[{<] ?(?:${PLACEHOLDER_NAMES})[ _-]?\\d{1,6} ?[\\]}>]`, "giu");
/** `[EMAIL]`. */
const UNNUMBERED = new RegExp(`[[{<](?:${PLACEHOLDER_NAMES})[\\]}>]`, "gu");

/**
 * What looks like a placeholder for personal data in a text, and stands in none of its sources just so: made up, or no
 * longer what the model was given. Nobody can put a value back for it.
 */
export function findStrayPlaceholders(text: string, sources: readonly string[]): string[] {
  const found = placeholdersIn(text);
  if (found.size === 0) return [];
  const known = new Set(sources.flatMap((source) => [...placeholdersIn(source)]));
  return [...found].filter((placeholder) => !known.has(placeholder));
}

function placeholdersIn(text: string): Set<string> {
  return new Set([NUMBERED, RESPELLED, UNNUMBERED].flatMap((pattern) => text.match(pattern) ?? []));
}
