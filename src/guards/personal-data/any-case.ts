const MODIFIED = "(?i:";
const PART = /\\p\{\w+\}|\\.|\(\?<?[:=!]|[[\]]|\{\d*,?\d*\}|\p{L}/gu;

/**
 * A pattern in which `(?i:…)` takes letters of either case. V8 knows this too, and forgets it behind two letters that may
 * be left out: `/(?i:a? ?b)/u` (V8 13).
 */
export function compile(source: string, flags: string): RegExp {
  return new RegExp(withoutModifiers(source), flags);
}

/** The pattern with both cases of each letter written out where `(?i:…)` stands. */
export function withoutModifiers(source: string): string {
  const [before = "", ...groups] = source.split(MODIFIED);
  return groups.reduce((done, group) => {
    const end = endOfGroup(group);
    return `${done}(?:${bothCases(group.slice(0, end))}${group.slice(end)}`;
  }, before);
}

function endOfGroup(text: string): number {
  let depth = 1;
  let inClass = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "\\") i++;
    else if (char === "[") inClass = true;
    else if (char === "]") inClass = false;
    else if (!inClass && char === "(") depth++;
    else if (!inClass && char === ")" && --depth === 0) return i;
  }
  return text.length;
}

function bothCases(pattern: string): string {
  let inClass = false;
  return pattern.replace(PART, (part) => {
    if (part === "[" || part === "]") inClass = part === "[";
    const [small, big] = [part.toLowerCase(), part.toUpperCase()];
    if (!/^\p{L}$/u.test(part) || small === big || big.length > 1) return part;
    return inClass ? small + big : `[${small}${big}]`;
  });
}
