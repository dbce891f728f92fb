import { findNames } from "./known-names.ts";
import { type Found, findCards, findEmails, findIbans, findIps, PLACEHOLDER } from "./personal-numbers.ts";
import { findPhones, samePhone } from "./phones.ts";

type PersonalDataKind = "email" | "iban" | "card" | "ip" | "phone" | "name";

/** A piece of personal data: its kind, its value in one spelling, and where it stands (UTF-16 units). */
interface PersonalData extends Found {
  kind: PersonalDataKind;
}

export interface Redaction {
  /** The texts in the order they came, with placeholders. */
  texts: string[];
  /** One entry for each placeholder that was set, and how often; the values themselves are left out. */
  found: { kind: PersonalDataKind; placeholder: string; count: number }[];
  /** What each placeholder that was set stands for, as it was first written: to put it back. */
  values: ReadonlyMap<string, string>;
}

/** What is known beforehand of whom the texts are about. */
export interface KnownPersons {
  names?: readonly string[];
}

// The surer kind first: what it takes is not looked at again, so the digits of an IBAN are never a phone.
const FINDERS: readonly [PersonalDataKind, (text: string, known: KnownPersons) => Found[]][] = [
  ["email", findEmails],
  ["iban", findIbans],
  ["card", findCards],
  ["ip", findIps],
  ["phone", findPhones],
  ["name", (text, { names = [] }) => findNames(text, names)],
];
// Taking one piece out can lay bare another that stood against it; a few rounds settle any text.
const MAX_ROUNDS = 8;

/** Finds e-mail addresses, IBANs, card numbers, IP addresses and phone numbers, in the order of the text. */
export function findPersonalData(text: string): PersonalData[] {
  return findAll(text, {});
}

function findAll(text: string, known: KnownPersons): PersonalData[] {
  const all: PersonalData[] = [];
  for (const [kind, find] of FINDERS) {
    const taken = [...all];
    for (const found of find(text, known)) {
      if (!overlaps(taken, found)) all.push({ kind, ...found });
    }
    all.sort((a, b) => a.start - b.start);
  }
  return all;
}

/**
 * Replaces personal data by placeholders such as `[EMAIL_1]`. The texts belong together (a prompt and its replies):
 * the same value gets the same placeholder in all of them, and placeholders that already stand there keep their
 * number. Redacting twice changes nothing.
 */
export function redact(texts: readonly string[], known: KnownPersons = {}): Redaction {
  const placeholders = new Placeholders(texts);
  let redacted = [...texts];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = placeholders.count;
    redacted = redacted.map((text) => redactOnce(text, placeholders, known));
    if (placeholders.count === before) break;
  }
  return { texts: redacted, found: placeholders.found, values: placeholders.values };
}

function redactOnce(text: string, placeholders: Placeholders, known: KnownPersons): string {
  let out = "";
  let from = 0;
  for (const item of findAll(text, known)) {
    out += text.slice(from, item.start) + placeholders.of(item, text.slice(item.start, item.end));
    from = item.end;
  }
  return out + text.slice(from);
}

class Placeholders {
  readonly found: Redaction["found"] = [];
  readonly values = new Map<string, string>();
  /** How many replacements were made so far. */
  count = 0;
  readonly #highest = new Map<PersonalDataKind, number>();
  readonly #byValue = new Map<string, Redaction["found"][number]>();
  readonly #phones: string[] = [];

  constructor(texts: readonly string[]) {
    for (const text of texts) {
      for (const [, name = "", number] of text.matchAll(PLACEHOLDER)) {
        const kind = FINDERS.map(([known]) => known).find((known) => known.toUpperCase() === name);
        if (kind !== undefined) this.#highest.set(kind, Math.max(this.#highest.get(kind) ?? 0, Number(number)));
      }
    }
  }

  of({ kind, value }: PersonalData, written: string): string {
    this.count++;
    const key = `${kind} ${kind === "phone" ? this.#samePhone(value) : value}`;
    let entry = this.#byValue.get(key);
    if (entry === undefined) {
      const number = (this.#highest.get(kind) ?? 0) + 1;
      this.#highest.set(kind, number);
      entry = { kind, placeholder: `[${kind.toUpperCase()}_${number}]`, count: 0 };
      this.#byValue.set(key, entry);
      this.found.push(entry);
      this.values.set(entry.placeholder, written);
    }
    entry.count++;
    return entry.placeholder;
  }

  /** The spelling under which this number was met first: once with its country code, once without. */
  #samePhone(value: string): string {
    const known = this.#phones.find((phone) => samePhone(phone, value));
    if (known === undefined) this.#phones.push(value);
    return known ?? value;
  }
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
