import type { Found } from "./personal-data/kinds.ts";
import { normaliseText } from "./words.ts";

export type FactKind =
  | "amount"
  | "percentage"
  | "duration"
  | "date"
  | "time"
  | "url"
  | "email"
  | "phone"
  | "order id"
  | "number"
  | "card number"
  | "IBAN"
  | "IP address"
  | "placeholder";

/** A fact as it stands in a text, written as keys so that different spellings of one fact meet. */
export interface Fact {
  kind: FactKind;
  text: string;
  /** What a source that holds this fact vouches for. */
  gives: string[];
  /** Ways to vouch for this fact: it is covered when a source gives every key of any one of them. Empty: always covered. */
  needs: string[][];
}

export type FactKeys = Pick<Fact, "gives" | "needs">;

/**
 * A number: grouped by thousands ("1,200.00", "1.200,00", "1 200", "12,34,567") or plain, with or without decimals.
 * Every repetition is bounded and a number is only tried at its first digit, so that long runs of digits stay linear.
 */
export const NUMBER = String.raw`(?<!\d[.,]?)(?:\d{1,3}(?:[ ,.']\d{2,3}){1,5}(?:[.,]\d{1,2})?(?![.,]?\d)|\d{1,15}(?:[.,]\d{1,8})?(?!\d))`;

/** A pattern of any of these names, the longest first, so that none is cut short by one that it begins with. */
export function anyOf(names: Iterable<string>): string {
  const escaped = [...names].sort((a, b) => b.length - a.length).map((name) => name.replace(/[$.]/g, "\\$&"));
  return `(${escaped.join("|")})`;
}

/** Which value each name stands for, of lists of names with spaces between them. */
export function byName<T>(lists: Iterable<readonly [T, string]>): Map<string, T> {
  return new Map([...lists].flatMap(([value, names]) => names.split(" ").map((name) => [name, value] as const)));
}

// What stands for a fact already taken, so that a year inside a date is not taken again as a number.
const TAKEN = "\u0000";
const LONG_TEXT = 80;

/** A text from which facts are taken out one kind after another, the most telling kinds first. */
export class FactText {
  readonly facts: Fact[] = [];
  #rest: string;

  constructor(text: string) {
    this.#rest = wordsToNumbers(
      asciiDigits(normaliseText(text))
        .replace(/[‐-―−]/g, "-")
        .replace(/[‘’]/g, "'"),
    );
  }

  /** Takes out every match of a global pattern that `read` recognises; what it returns undefined for stays. */
  take(kind: FactKind, pattern: RegExp, read: (match: RegExpExecArray) => FactKeys | undefined): void {
    const taken: Span[] = [];
    for (const match of this.#rest.matchAll(pattern)) {
      const keys = read(match);
      if (keys !== undefined) taken.push({ start: match.index, end: match.index + match[0].length, keys });
    }
    this.#takeOut(kind, taken);
  }

  /** Takes out what a finder of personal data finds. */
  takeFound(kind: FactKind, find: (text: string) => Found[], read: (value: string) => FactKeys): void {
    const taken = find(this.#rest).map((found) => ({ ...found, keys: read(found.value) }));
    this.#takeOut(kind, taken);
  }

  /** `taken` is in the order of the text and does not overlap. */
  #takeOut(kind: FactKind, taken: readonly Span[]): void {
    let kept = "";
    let from = 0;
    for (const { start, end, keys } of taken) {
      const text = this.#rest
        .slice(start, end)
        .replace(/\s+/g, " ")
        .replace(/^ |[ .,;:!?]+$/g, "");
      this.facts.push({ kind, text: text.slice(0, LONG_TEXT), ...keys });
      kept += this.#rest.slice(from, start) + TAKEN;
      from = end;
    }
    this.#rest = kept + this.#rest.slice(from);
  }
}

interface Span {
  start: number;
  end: number;
  keys: FactKeys;
}

/**
 * The values that a written number can mean: "1,200.00" is 1200, "1.200" is 1.2 or 1200 as the country has it.
 * Empty when the text is no number.
 */
export function numberValues(written: string): number[] {
  const text = written.replace(/[ ']/g, "");
  const values = new Set<number>();
  const last = Math.max(text.lastIndexOf("."), text.lastIndexOf(","));
  if (last < 0) values.add(Number(text));
  else {
    const whole = text.slice(0, last).replace(/[.,]/g, "");
    const fraction = text.slice(last + 1);
    const mark = text.charAt(last);
    // A mark that comes twice, or three digits behind it, can part thousands; a single mark can part decimals.
    if (fraction.length === 3 || text.indexOf(mark) !== last) values.add(Number(whole + fraction));
    if (text.indexOf(mark) === last) values.add(Number(`${whole}.${fraction}`));
  }
  return [...values].filter((value) => Number.isFinite(value));
}

// First code point of each run of ten digits that is met in support mail besides ASCII.
const DIGIT_ZEROS = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50];

function asciiDigits(text: string): string {
  return text.replace(/[٠-٩۰-۹०-९০-৯๐-๙]/g, (digit) => {
    const code = digit.charCodeAt(0);
    const zero = DIGIT_ZEROS.find((start) => code >= start && code < start + 10) ?? code;
    return String(code - zero);
  });
}

const UNITS = "two three four five six seven eight nine".split(" ");
const TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const VALUES = new Map<string, number>([
  ["one", 1],
  ["a", 1],
  ...UNITS.map((word, i): [string, number] => [word, i + 2]),
  ...TEENS.map((word, i): [string, number] => [word, i + 10]),
  ...TENS.map((word, i): [string, number] => [word, (i + 2) * 10]),
]);
// "one" alone is a pronoun more often than a count ("one of the", "no one"), so it stays a word.
const SMALL = `(?:(?:${TENS.join("|")})(?:[ -](?:one|${UNITS.join("|")}))?|${TEENS.join("|")}|${UNITS.join("|")})`;
const HUNDREDS = `(?:a|one|${SMALL}) hundred(?:(?: and)? ${SMALL})?`;
const NUMBER_WORDS = new RegExp(
  String.raw`\b(?:(?:${HUNDREDS}|${SMALL}|a|one) thousand(?:(?:,| and)? (?:${HUNDREDS}|${SMALL}))?|${HUNDREDS}|${SMALL})\b`,
  "gi",
);

/** English number words as digits: "twenty-five days" → "25 days", "two hundred and fifty" → "250". */
function wordsToNumbers(text: string): string {
  return text.replace(NUMBER_WORDS, (words) => {
    let total = 0;
    let current = 0;
    for (const word of words.toLowerCase().split(/[ ,-]+/)) {
      if (word === "hundred") current *= 100;
      else if (word === "thousand") {
        total += current * 1000;
        current = 0;
      } else current += VALUES.get(word) ?? 0;
    }
    return String(total + current);
  });
}
