import { compile } from "./any-case.ts";
import { type Finder, type Found, found } from "./kinds.ts";
import { CITY_AND_CODE, STREETS } from "./streets.ts";
import { WordStarts } from "./word-starts.ts";

const KINDS = STREETS.map(({ pattern, sign, words, ...street }) => ({
  ...street,
  pattern: compile(pattern, "gu"),
  at: compile(pattern, "uy"),
  sign: sign === undefined ? undefined : compile(sign, "u"),
  starts: words === undefined ? undefined : new WordStarts(words),
}));
type Street = (typeof KINDS)[number];
const TAIL = compile(CITY_AND_CODE, "uy");
// A flat, a floor, a box: between the street and the city.
const UNIT =
  /,?\s{1,2}(?:(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|bldg|building|stock|etage|og|wohnung|whg|app(?:artement|t)?|bât(?:iment)?|étage|esc|piso|planta|puerta|dcha|izda|izq|scala|int(?:erno)?|piano)\b\.?\s?[\p{L}\p{N}]{0,5}|#\s?\d{1,5}[A-Za-z]?|\d{1,2}[ºª°](?:\s?(?:[A-Z]\b|izda|izq|dcha|drcha|puerta \d{1,2}))?\.?)/iuy;
const BEFORE_NUMBER =
  /(?:^|[\s(:,])((?:flat|apt\.?|apartment|unit|suite|room|level|floor) ?[\p{L}\p{N}]{1,5}(?:, ?| )|(?:résidence|rés\.|immeuble|bâtiment) [\p{L}\p{N}'’ -]{1,30}, ?|(?:[\p{L}'’-]{2,20} ){1,3}(?:house|cottage|vicarage|rectory|farm|lodge|court|building|tower|mill|barn|hall), ?)$/iu;
// Where an address is announced, a street needs no city to be one.
const ANNOUNCED =
  /(?:adress[ea]?|address|anschrift|wohn(?:e|en|t|haft)|liv(?:e|ing)|dirección|indirizzo|abito|vivo|habite|domicilio)\P{N}{0,16}$/iu;
const UNIT_WINDOW = 48;
const MOST_UNITS = 3;

/**
 * Street addresses: a number with a street word as English, German, French, Spanish, Italian and their neighbours write
 * it, and the postcode and city next to them. The value is the street and number in lower case, without marks.
 */
export function findAddresses(text: string): Found[] {
  const all = KINDS.flatMap((street) => {
    const addresses: Found[] = [];
    for (const match of streetsIn(text, street)) {
      const last = addresses.at(-1)?.end ?? 0;
      const address = match.index < last ? undefined : addressAt(text, match, street, last);
      if (address !== undefined) addresses.push(address);
    }
    return addresses;
  });
  const kept: Found[] = [];
  for (const one of all.sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (one.start >= (kept.at(-1)?.end ?? 0)) kept.push(one);
  }
  return kept;
}

const CUED = KINDS.filter(({ starts }) => starts !== undefined);

export const ADDRESSES: Finder = {
  kind: "address",
  sign: compile(STREETS.flatMap(({ sign }) => sign ?? []).join("|"), "u"),
  cue: {
    words: STREETS.flatMap(({ words }) => words ?? []).join("|"),
    at: (text, index) => CUED.some((street) => matchAt(street.at, text, index) !== null),
  },
  find: findAddresses,
};

function* streetsIn(text: string, { starts, sign, pattern, at }: Street): Generator<RegExpExecArray> {
  if (starts === undefined) {
    if (sign?.test(text)) yield* text.matchAll(pattern);
    return;
  }
  for (let index = starts.next(text, 0); index >= 0; index = starts.next(text, index + 1)) {
    const match = matchAt(at, text, index);
    if (match !== null) yield match;
  }
}

/** The address with what belongs to it before and behind the street, unless more is needed than there is. */
function addressAt(text: string, match: RegExpExecArray, street: Street, last: number): Found | undefined {
  if (street.isNone?.test(match[0])) return undefined;
  let end = match.index + match[0].length;
  for (let i = 0; i < MOST_UNITS; i++) end = endOf(UNIT, text, end);
  const withCity = endOf(TAIL, text, end);
  const before = text.slice(Math.max(last, match.index - UNIT_WINDOW), match.index);
  if (street.needsCity && withCity === end && !ANNOUNCED.test(before)) return undefined;
  const start = match.index - (BEFORE_NUMBER.exec(before)?.[1]?.length ?? 0);
  return found(start, text.slice(start, withCity), plain(match[0]));
}

function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return from + (pattern.exec(text)?.[0].length ?? 0);
}

function plain(street: string): string {
  return street
    .replace(/stra(?:ß|ss)e|str\./giu, "str")
    .replace(/[^\p{L}\p{N}]/gu, "")
    .toLowerCase();
}
