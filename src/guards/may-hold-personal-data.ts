import { FINDERS } from "./personal-data/finders.ts";
import { WordStarts } from "./personal-data/word-starts.ts";

// As one pattern, the signs take a third of the time that they take one by one.
const ANY_SIGN = new RegExp([...new Set(FINDERS.flatMap(({ sign }) => sign?.source ?? []))].join("|"), "u");
const CUES = FINDERS.flatMap(({ cue }) => cue ?? []);
const STARTS = new WordStarts(CUES.map(({ words }) => words).join("|"));

/**
 * False only where no finder of personal data can find anything, nor one of the names that are known. The finders take
 * many times longer, and most texts hold nothing.
 */
export function mayHoldPersonalData(text: string, names: readonly string[] = []): boolean {
  if (ANY_SIGN.test(text) || holdsWordOf(text, names)) return true;
  for (let at = STARTS.next(text, 0); at >= 0; at = STARTS.next(text, at + 1)) {
    if (CUES.some((cue) => cue.at(text, at))) return true;
  }
  return false;
}

function holdsWordOf(text: string, names: readonly string[]): boolean {
  if (names.length === 0) return false;
  const lower = text.toLowerCase();
  return names.some((name) => name.split(/\s+/).some((word) => word !== "" && lower.includes(word.toLowerCase())));
}
