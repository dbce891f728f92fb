import { type Found, found } from "./kinds.ts";
import { ALSO_A_WORD, NEVER_ALONE, NO_NAME, ORGANISATION, PARTICLES } from "./name-words.ts";

/** A person as the texts know them: one or more words, and the number that stands for them. */
interface Person {
  id: number;
  words: Set<string>;
}

const WORD =
  /(?<![\p{L}\p{M}\p{N}_@.-])\p{L}[\p{L}\p{M}]{1,25}(?:[-'’]\p{L}[\p{L}\p{M}]{1,25}){0,3}(?![\p{L}\p{N}_@])/gu;
const GAP = new RegExp(String.raw`^[ \u00a0](?:(?:${PARTICLES}|\p{Lu}\.?) ){0,3}$`, "u");
const GAP_LENGTH = 24;
const INSIDE_SENTENCE = /[\p{Ll}\p{N},;&)'’][ \u00a0]$/u;
/** "Will you" asks, "May 5" is a day. */
const ASKS_OR_DATES = /^\s(?:you|i|we|he|she|it|they|the|my|this|that|there|be|your|not|\d)(?![\p{L}])/iu;
// Members of one family; more that share a name would make a text of nothing but names slow.
const MOST_NAMESAKES = 20;

/**
 * The names that a set of texts gave away or a caller knows, and where else they stand: in full, by the first or the
 * last name. One person is one, however they are called.
 */
export class NamesInTexts {
  #count = 0;
  readonly #byWord = new Map<string, Person[]>();

  /** Learns a name; "Tom" met before "Tom Miller" is taken to be the same person. */
  add(name: string): void {
    const words = wordsOf(name);
    if (words.length === 0) return;
    const known = this.#named(words);
    if (known !== undefined) return;
    const shorter = words
      .flatMap((word) => this.#byWord.get(word) ?? [])
      .find((person) => [...person.words].every((word) => words.includes(word)));
    const person = shorter ?? { id: this.#count++, words: new Set<string>() };
    for (const word of words) {
      const namesakes = this.#byWord.get(word) ?? [];
      if (person.words.has(word) || namesakes.length >= MOST_NAMESAKES) continue;
      person.words.add(word);
      this.#byWord.set(word, [...namesakes, person]);
    }
  }

  get isEmpty(): boolean {
    return this.#byWord.size === 0;
  }

  /** The same for each spelling of one person's name. */
  personOf(name: string): string {
    const words = wordsOf(name);
    const person = this.#named(words) ?? this.#byWord.get(words[0] ?? "")?.[0];
    return person === undefined ? words.join(" ") : `#${person.id}`;
  }

  /** Where the names stand; the value is the name as it is written there. */
  find(text: string): Found[] {
    if (this.isEmpty) return [];
    const all: Found[] = [];
    let run: { start: number; end: number; people: Person[]; words: string[]; small: boolean } | undefined;
    const close = () => {
      if (run !== undefined && this.#isName(text, run)) {
        const raw = text.slice(run.start, run.end);
        all.push(found(run.start, raw, raw));
      }
      run = undefined;
    };
    for (const match of text.matchAll(WORD)) {
      const word = match[0].toLowerCase();
      const people = this.#byWord.get(word);
      if (people === undefined) continue;
      const small = !/^\p{Lu}/u.test(match[0]);
      const end = match.index + match[0].length;
      const both = run?.people.filter((person) => people.includes(person)) ?? [];
      const gap = run === undefined ? "" : text.slice(run.end, Math.min(match.index, run.end + GAP_LENGTH));
      if (run !== undefined && both.length > 0 && run.end < match.index && GAP.test(gap)) {
        run = { start: run.start, end, people: both, words: [...run.words, word], small: run.small || small };
      } else {
        close();
        run = { start: match.index, end, people, words: [word], small };
      }
    }
    close();
    return all;
  }

  #isName(text: string, run: { start: number; end: number; words: string[]; small: boolean }): boolean {
    if (run.words.length > 1) return true;
    const [word = ""] = run.words;
    if (run.small || NEVER_ALONE.has(word)) return false;
    if (!ALSO_A_WORD.has(word)) return true;
    const before = text.slice(Math.max(0, run.start - 2), run.start);
    return INSIDE_SENTENCE.test(before) && !ASKS_OR_DATES.test(text.slice(run.end, run.end + 8));
  }

  #named(words: readonly string[]): Person | undefined {
    return this.#byWord.get(words[0] ?? "")?.find((person) => words.every((word) => person.words.has(word)));
  }
}

/** A name that is a common word, a month or a noun as well. */
function isAlsoAWord(word: string): boolean {
  return ALSO_A_WORD.has(word) || NEVER_ALONE.has(word);
}

const NOT_A_PART = new RegExp(`^(?:${PARTICLES})$`, "iu");

/** The words of a name that tell it: no initials, particles, titles or words of companies. */
function wordsOf(name: string): string[] {
  const words = [...name.matchAll(WORD)].map((match) => match[0].toLowerCase());
  return words.filter(
    (word) => !NOT_A_PART.test(word) && (!NO_NAME.has(word) || isAlsoAWord(word)) && !ORGANISATION.has(word),
  );
}
