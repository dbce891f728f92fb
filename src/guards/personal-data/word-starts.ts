/**
 * Where words of a list may begin in a text: by the first three letters, looked up in a table, then by more of them. Most
 * words of most texts begin like none, and patterns that are tried only where one does cost next to nothing.
 */
export class WordStarts {
  /** By the key of three letters: 0, or one more than the place of what may follow them. */
  readonly #table = new Uint16Array(1 << 15);
  readonly #starts: string[][] = [];
  readonly #longest: number;

  /** @param alternatives of a pattern without flags, such as "hi|hello|(?:very )?dear"; upper and lower case are one */
  constructor(alternatives: string) {
    const all = startsOf(alternatives);
    this.#longest = Math.max(...all.map(({ length }) => length));
    for (const start of all) {
      if (start === "") throw new Error("a pattern of words begins with what may be left out");
      this.#mark(start, 0, 0);
    }
  }

  /** The next place from `from` on where one of the words may begin, or -1. May name places where none does. */
  next(text: string, from: number): number {
    let inWord = from > 0 && isAsciiWord(text.charCodeAt(from - 1));
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i);
      // What lies behind the end of the text is NaN, which counts as zero.
      if (!inWord && code > 64) {
        const place = this.#table[keyOf(keyOf(keyOf(0, code), text.charCodeAt(i + 1)), text.charCodeAt(i + 2))] ?? 0;
        if (place > 0 && this.#beginsAt(text, i, place)) return i;
      }
      inWord = isAsciiWord(code);
    }
    return -1;
  }

  #beginsAt(text: string, index: number, place: number): boolean {
    const written = text.slice(index, index + this.#longest).toLowerCase();
    return this.#starts[place - 1]?.some((start) => written.startsWith(start)) === true;
  }

  #mark(start: string, at: number, key: number): void {
    if (at === 3) {
      const place = this.#table[key] || this.#starts.push([]);
      this.#table[key] = place;
      this.#starts[place - 1]?.push(start.replace(NO_LETTER, "").toLowerCase());
    } else if (start.charAt(at) === NO_LETTER) for (const any of MARKS) this.#mark(start, at + 1, (key << 5) | any);
    else if (at < start.length) this.#mark(start, at + 1, keyOf(key, start.charCodeAt(at)));
    else for (let any = 0; any < 32; any++) this.#mark(start, at + 1, (key << 5) | any);
  }
}

/** Stands in a start for what ends a word. */
const NO_LETTER = "\n";
const MARKS = [0, 27, 28, 29, 30, 31];

/** Five bits: of a letter the last, the same for both of its cases in ASCII and Latin-1; marks are none of those. */
function keyOf(key: number, code: number): number {
  if (code < 64) return (key << 5) | 28 | (code & 3);
  if ((code > 127 && code < 192) || code > 0x1fff) return (key << 5) | 27;
  return (key << 5) | (code & 31);
}

function isAsciiWord(code: number): boolean {
  const small = code | 32;
  return (small > 96 && small < 123) || (code > 47 && code < 58);
}

/**
 * With what the alternatives of a pattern can begin: their letters up to the first that the pattern leaves open. Behind
 * a whole word stands no other letter.
 */
function startsOf(pattern: string): string[] {
  return alternativesOf(pattern).flatMap((one): string[] => {
    const [, group, optional, after = ""] = openingGroup(one) ?? [];
    if (group !== undefined) {
      const starts = alternativesOf(group).flatMap((inner) => startsOf(inner + after));
      return optional ? [...starts, ...startsOf(after)] : starts;
    }
    const [written = ""] = /^(?:[^()[\]{}?*+\\.|]|\\[./])*/.exec(one) ?? [];
    const letters = written.replaceAll("\\", "");
    if (written === one) return [/[a-z]$/i.test(letters) ? letters + NO_LETTER : letters];
    return [/^[?*{]/.test(one.slice(written.length)) ? letters.slice(0, -1) : letters];
  });
}

/** A group at the start of a pattern: what is in it, whether it may be left out, and what follows. */
function openingGroup(pattern: string): [string, string, boolean, string] | undefined {
  if (!pattern.startsWith("(?:")) return undefined;
  let depth = 0;
  const end = [...pattern].findIndex((char) => {
    depth += char === "(" ? 1 : char === ")" ? -1 : 0;
    return depth === 0;
  });
  const [, optional, after = ""] = /^(\?|\{0,\d\})?(.*)$/s.exec(pattern.slice(end + 1)) ?? [];
  return [pattern, pattern.slice(3, end), optional !== undefined, after];
}

function alternativesOf(pattern: string): string[] {
  const all = [""];
  let depth = 0;
  for (const char of pattern) {
    depth += char === "(" ? 1 : char === ")" ? -1 : 0;
    if (char === "|" && depth === 0) all.push("");
    else all[all.length - 1] += char;
  }
  return all;
}
