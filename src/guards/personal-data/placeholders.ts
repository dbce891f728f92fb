import { PERSONAL_DATA_KINDS, type PersonalDataKind, PLACEHOLDER } from "./kinds.ts";
import { samePhone } from "./phones.ts";

export interface Replaced {
  kind: PersonalDataKind;
  placeholder: string;
  count: number;
}

/** Gives each value of a set of texts its placeholder, numbered by kind; those that already stand there keep theirs. */
export class Placeholders {
  /** One entry for each placeholder that was set, and how often. */
  readonly found: Replaced[] = [];
  /** Each placeholder's value as it was first written. */
  readonly values = new Map<string, string>();
  /** How many replacements were made so far. */
  count = 0;
  readonly #highest = new Map<PersonalDataKind, number>();
  readonly #byValue = new Map<string, Replaced>();
  readonly #phones: string[] = [];

  constructor(texts: readonly string[]) {
    for (const text of texts) {
      for (const [, name = "", number] of text.matchAll(PLACEHOLDER)) {
        const kind = PERSONAL_DATA_KINDS.find((known) => known.toUpperCase() === name);
        if (kind !== undefined) this.#highest.set(kind, Math.max(this.#highest.get(kind) ?? 0, Number(number)));
      }
    }
  }

  /** @param value in the one spelling of its kind; @param written as it stands in the text */
  of(kind: PersonalDataKind, value: string, written: string): string {
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
