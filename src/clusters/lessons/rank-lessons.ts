import type { Lesson } from "../context/context.ts";

/** A message's beginning says what it is about. In UTF-16 units. */
const READ_CHARACTERS = 2_000;

/** Pinned lessons go before all others, then those of the category that the caller expects; likeness is below 100. */
const PINNED = 200;
const EXPECTED = 100;

/** A word of the lessons: where it stands, and in which ranking it was last counted. */
interface Word {
  places: number[];
  countedIn: number;
}

/** What is the same for every message: made once, and kept as long as the lessons are. */
interface Index {
  words: Map<string, Word>;
  /** Per lesson 1 / sqrt(words): long lessons share words by chance. */
  units: Float64Array;
  ranks: Float64Array;
  ranking: number;
}

const indexes = new WeakMap<Lesson[], Index>();

/** The words of a text that can tell what it is about, in lower case; repeated ones are repeated. */
export function wordsOf(text: string): string[] {
  return (
    text
      .slice(0, READ_CHARACTERS)
      .toLowerCase()
      .match(/[\p{L}\p{N}]{3,}/gu) ?? []
  );
}

/**
 * The places of a cluster's lessons, those first that serve a message best: pinned ones, those of the expected
 * category, those that share most words with the message; among equals as given.
 * @param words of the message, by `wordsOf`
 */
export function rankLessons(lessons: Lesson[], words: string[], expected: string | null): number[] {
  const index = indexes.get(lessons) ?? makeIndex(lessons);
  const { ranks, units } = index;
  const ranking = ++index.ranking;
  for (let place = 0; place < lessons.length; place++) {
    const { pinned, failure_category } = lessons[place] as Lesson;
    ranks[place] = (pinned ? PINNED : 0) + (expected !== null && failure_category === expected ? EXPECTED : 0);
  }
  for (const text of words) {
    const word = index.words.get(text);
    if (word === undefined || word.countedIn === ranking) continue;
    word.countedIn = ranking;
    for (const place of word.places) ranks[place] = (ranks[place] as number) + (units[place] as number);
  }
  // By insertion: a cluster has some dozen lessons at most, and this runs for every prompt.
  const order: number[] = [];
  for (let place = 0; place < lessons.length; place++) {
    const rank = ranks[place] as number;
    let at = place;
    for (; at > 0 && (ranks[order[at - 1] as number] as number) < rank; at--) order[at] = order[at - 1] as number;
    order[at] = place;
  }
  return order;
}

function makeIndex(lessons: Lesson[]): Index {
  const words = new Map<string, Word>();
  const units = Float64Array.from(lessons, ({ text }, place) => {
    const own = new Set(wordsOf(text));
    for (const one of own) {
      const word = words.get(one);
      if (word === undefined) words.set(one, { places: [place], countedIn: 0 });
      else word.places.push(place);
    }
    return own.size === 0 ? 0 : 1 / Math.sqrt(own.size);
  });
  const index = { words, units, ranks: new Float64Array(lessons.length), ranking: 0 };
  indexes.set(lessons, index);
  return index;
}
