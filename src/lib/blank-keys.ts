/** What stands in a text for a key. */
const BLANK = "[key]";

/** So many characters in a row of a key give it away, and are hardly there by chance. */
const STRETCH = 8;

/**
 * A text without the given keys and without longer stretches of them, which servers quote in their refusals, often
 * with the middle masked.
 * @param keys shorter ones, such as `none`, are words, and stay
 */
export function blankGivenKeys(text: string, keys: readonly string[]): string {
  const stretches = new Set(keys.flatMap(stretchesOf));
  if (stretches.size === 0) return text;
  let cleaned = "";
  let kept = 0;
  for (let at = 0; at + STRETCH <= text.length; at++) {
    if (!stretches.has(text.slice(at, at + STRETCH))) continue;
    let end = at + STRETCH;
    while (stretches.has(text.slice(end - STRETCH + 1, end + 1))) end++;
    cleaned += text.slice(kept, at) + BLANK;
    kept = end;
    at = end - 1;
  }
  return cleaned + text.slice(kept);
}

function stretchesOf(key: string): string[] {
  return Array.from({ length: Math.max(0, key.length - STRETCH + 1) }, (_, at) => key.slice(at, at + STRETCH));
}

/** What keys look like whoever they are from, masked ones included. */
const LOOKS = [
  // Prefixes: sk-proj-…, pk_…, gsk_…, hf_…, whsec_…
  /\b(?:sk|pk|rk|ak|gsk|csk|xai|nvapi|pplx|tgp|fw|hf|r8|or|key|api|token|whsec)[-_][\w*.…•-]{7,}[\w*…•]/gi,
  /\bAIza[\w*-]{8,}/g,
  /\beyJ[\w-]{8,}(?:\.[\w-]+)*/g,
  // After their scheme; not "bearer authentication".
  /(?<=\bbearer\s{1,9})(?=\S*[\d*_-])[^\s"'`,;]{8,}/gi,
  // Masked in the middle. Tried once for each word: from each letter on, a long word would take hours.
  /(?<![\w-])[\w-]*(?:\*{3,}|•{3,})[\w*•-]*/g,
  /[\w*-]{32,}/g,
];

/** A text without the given keys, and without what looks like any: for reasons that are stored, shown or logged. */
export function blankKeys(text: string, keys: readonly string[] = []): string {
  return LOOKS.reduce((cleaned, look) => cleaned.replace(look, BLANK), blankGivenKeys(text, keys));
}
