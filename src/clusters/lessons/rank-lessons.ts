import { likeness, wordsOf } from "../../lib/likeness.ts";
import type { Lesson } from "../context/context.ts";

/** Pinned lessons go before all others, then those of the category that the caller expects; likeness is below 100. */
const PINNED = 200;
const EXPECTED = 100;

/**
 * A cluster's lessons, those first that serve a message best: pinned ones, those of the expected category, those that
 * share most words with the message; among equals as given.
 */
export function rankLessons(lessons: Lesson[], message: string, expected: string | null): Lesson[] {
  const asked = new Set(wordsOf(message));
  const rank = ({ pinned, failure_category, words }: Lesson) =>
    (pinned ? PINNED : 0) +
    (expected !== null && failure_category === expected ? EXPECTED : 0) +
    likeness(words, asked);
  return lessons
    .map((lesson) => ({ lesson, rank: rank(lesson) }))
    .sort((a, b) => b.rank - a.rank)
    .map(({ lesson }) => lesson);
}
