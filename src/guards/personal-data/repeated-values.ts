import { type Found, found, type PersonalDataKind } from "./kinds.ts";

interface Repeated extends Found {
  kind: PersonalDataKind;
}

// These kinds are often told by a word beside them, which the next text leaves out.
const BY_CUE: readonly PersonalDataKind[] = ["secret", "id", "birth_date", "phone"];
// Shorter values are other numbers and words too often: a PIN, a year.
const LEAST_LENGTH = 7;
// Bounds the work on a text that is nothing but keys.
const MOST = 100;
const WORD = /[^\s"'“”„«»()<>[\]]+/g;
const CLOSING_MARKS = /[.,;:!?]+$/;

/** Values that one text announced, as they were written, to be found where they stand without the announcement. */
export class RepeatedValues {
  readonly #byFirstWord = new Map<string, { kind: PersonalDataKind; value: string; written: string }[]>();
  #count = 0;

  add({ kind, value }: { kind: PersonalDataKind; value: string }, written: string): void {
    if (!BY_CUE.includes(kind) || written.length < LEAST_LENGTH || this.#count >= MOST) return;
    const first = firstWord(written);
    const known = this.#byFirstWord.get(first) ?? [];
    if (first === "" || known.some((one) => one.written === written)) return;
    this.#byFirstWord.set(first, [...known, { kind, value, written }]);
    this.#count++;
  }

  find(text: string): Repeated[] {
    if (this.#byFirstWord.size === 0) return [];
    const all: Repeated[] = [];
    for (const match of text.matchAll(WORD)) {
      if (match.index < (all.at(-1)?.end ?? 0)) continue;
      for (const { kind, value, written } of this.#byFirstWord.get(firstWord(match[0])) ?? []) {
        const next = text.charAt(match.index + written.length);
        if (!text.startsWith(written, match.index) || /[\p{L}\p{N}_]/u.test(next)) continue;
        all.push({ kind, ...found(match.index, written, value) });
        break;
      }
    }
    return all;
  }
}

function firstWord(text: string): string {
  return (text.match(WORD)?.[0] ?? "").replace(CLOSING_MARKS, "");
}
