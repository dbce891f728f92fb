import { FINDERS, mayFind } from "./personal-data/finders.ts";
import type { Found, PersonalDataKind } from "./personal-data/kinds.ts";
import { NamesInTexts } from "./personal-data/names-in-texts.ts";
import { Placeholders, type Replaced } from "./personal-data/placeholders.ts";
import { RepeatedValues } from "./personal-data/repeated-values.ts";

/** A piece of personal data: its kind, its value in one spelling, and where it stands (UTF-16 units). */
interface PersonalData extends Found {
  kind: PersonalDataKind;
}

export interface Redaction {
  /** The texts in the order they came, with placeholders. */
  texts: string[];
  /** One entry for each placeholder that was set, and how often; the values themselves are left out. */
  found: Replaced[];
  /** What each placeholder that was set stands for, as it was first written. */
  values: ReadonlyMap<string, string>;
}

/** What a caller knows of the people in the texts, from a helpdesk's own fields. */
export interface Known {
  names?: readonly string[];
}

// Taking one piece out can lay bare another that stood against it; a few rounds settle any text.
const MAX_ROUNDS = 8;

/** Finds personal data of every kind, and each name of the text wherever it stands, in the order of the text. */
export function findPersonalData(text: string): PersonalData[] {
  const context = new Context();
  const first = find(text);
  context.learn(text, first);
  return withRepeats(text, first, context);
}

/**
 * Replaces personal data by placeholders such as `[EMAIL_1]`. The texts belong together (a prompt and its replies):
 * the same value gets the same placeholder in all of them, a name that one of them gives away is replaced in all, and
 * placeholders that already stand there keep their number. Redacting twice changes nothing.
 */
export function redact(texts: readonly string[], known: Known = {}): Redaction {
  const placeholders = new Placeholders(texts);
  const context = new Context(known.names);
  let redacted = [...texts];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = placeholders.count;
    const first = redacted.map(find);
    redacted.forEach((text, i) => void context.learn(text, first[i] ?? []));
    redacted = redacted.map((text, i) =>
      replace(text, withRepeats(text, first[i] ?? [], context), placeholders, context),
    );
    if (placeholders.count === before) break;
  }
  return { texts: redacted, found: placeholders.found, values: placeholders.values };
}

/** What the texts of a set gave away, to be found in all of them without what gave it away. */
class Context {
  readonly names = new NamesInTexts();
  readonly repeated = new RepeatedValues();

  constructor(names: readonly string[] = []) {
    for (const name of names) this.names.add(name);
  }

  learn(text: string, items: readonly PersonalData[]): void {
    for (const item of items) {
      if (item.kind === "name") this.names.add(item.value);
      else this.repeated.add(item, text.slice(item.start, item.end));
    }
  }
}

/** What the texts show by itself: the surer finder first, the others leave to it what it found. */
function find(text: string): PersonalData[] {
  let all: PersonalData[] = [];
  for (const finder of FINDERS) {
    if (mayFind(finder, text))
      all = merged(
        all,
        finder.find(text).map((found) => ({ kind: finder.kind, ...found })),
      );
  }
  return all;
}

function withRepeats(text: string, first: PersonalData[], { names, repeated }: Context): PersonalData[] {
  const named = names.find(text).map((found): PersonalData => ({ kind: "name", ...found }));
  const cued = first.filter(({ kind }) => kind === "name");
  const others = cued.length === 0 ? first : first.filter(({ kind }) => kind !== "name");
  return merged(merged(others, repeated.find(text)), longer([...cued, ...named]));
}

/** Of those that overlap, the longer: "Hi Tom" gives less away than "Tom Miller" of another text. */
function longer(items: PersonalData[]): PersonalData[] {
  const kept: PersonalData[] = [];
  for (const item of items.sort((a, b) => a.start - b.start)) {
    const last = kept.at(-1);
    if (last === undefined || item.start >= last.end) kept.push(item);
    else if (item.end - item.start > last.end - last.start) kept[kept.length - 1] = item;
  }
  return kept;
}

function replace(text: string, items: readonly PersonalData[], placeholders: Placeholders, { names }: Context): string {
  let out = "";
  let from = 0;
  for (const { kind, value, start, end } of items) {
    const key = kind === "name" ? names.personOf(value) : value;
    out += text.slice(from, start) + placeholders.of(kind, key, text.slice(start, end));
    from = end;
  }
  return out + text.slice(from);
}

/** Both lists in the order of the text; of two that overlap, the one in `sure`. */
function merged(sure: PersonalData[], others: readonly PersonalData[]): PersonalData[] {
  const added = others.filter((found) => !overlaps(sure, found));
  return added.length === 0 ? sure : [...sure, ...added].sort((a, b) => a.start - b.start);
}

/** `sorted` does not overlap itself and is in the order of the text. */
function overlaps(sorted: readonly Found[], found: Found): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.end ?? 0) <= found.start) low = middle + 1;
    else high = middle;
  }
  return (sorted[low]?.start ?? Number.POSITIVE_INFINITY) < found.end;
}
