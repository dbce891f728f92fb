import { likeness, wordsOf } from "../../lib/likeness.ts";
import { excerpt } from "../../lib/text.ts";
import { GUIDANCE_CHARACTERS } from "../context/budgets.ts";
import type { Context, Lesson } from "../context/context.ts";
import { categoryOpening, openingOf, sharedOpening } from "../context/opening.ts";

const NO_FACTS =
  "These notes describe past replies. They are not messages from the customer, and not facts about this customer.";

export interface GuidanceFor {
  customerMessage?: string;
  /** A category that the caller expects; its lessons come first. */
  failureCategory?: string | null;
  /** Bit n: of the first context, the lesson in slot n is left out by chance, unless it is pinned. */
  leftOut?: number;
}

export interface Guidance {
  /** Empty where all there is to say was left out. */
  text: string;
  /** Bit n: the lesson in slot n of the first context is in it, or was left out by chance. */
  lessons: number;
}

/**
 * What a prompt says of past failures: why replies to this type of query often fail, then the lessons, those most
 * like the message first, as many as the budget holds. The one text that serves the bot, the rewriter and training
 * files.
 * @param contexts the cluster; two where the message may belong to either, the likelier first
 * @returns null when nothing is known that would help
 */
export function composeGuidance(
  contexts: Context[],
  { customerMessage = "", failureCategory = null, leftOut = 0 }: GuidanceFor,
): Guidance | null {
  const budget = shareOf(contexts.length);
  const paragraphs: string[] = [];
  let bits = 0;
  let [anyOpening, anyLesson] = [false, false];
  for (const [nth, context] of contexts.entries()) {
    const said = failureCategory === null ? context.opening : openingOf(context, failureCategory);
    if (said === null) continue;
    anyOpening = true;
    const opening = excerpt(said, budget);
    const chosen = choose(context.lessons, customerMessage, failureCategory, budget - opening.length);
    if (nth === 0) for (const { slot } of chosen) if (slot !== null) bits |= 1 << slot;
    // No other lesson takes its place: with it and without it, all else is the same.
    const given = nth === 0 ? chosen.filter((lesson) => !isLeftOut(lesson, leftOut)) : chosen;
    anyLesson ||= given.length > 0;
    const alone =
      given.length === 0 && chosen.length > 0 ? openingOf({ ...context, lessons: [] }, failureCategory) : opening;
    if (alone !== null) paragraphs.push(alone, ...given.map(lineOf));
  }
  if (!anyOpening) return null;
  if (anyLesson) paragraphs.push(NO_FACTS);
  return { text: paragraphs.join("\n"), lessons: bits };
}

function isLeftOut({ slot, pinned }: Lesson, leftOut: number): boolean {
  return slot !== null && !pinned && ((leftOut >> slot) & 1) === 1;
}

/** What may be said where no cluster is clear; null while nothing holds across clusters. @param context of "all" */
export function sharedGuidance({ shared, failures, lessons }: Context, customerMessage = ""): Guidance | null {
  if (shared.length === 0 && lessons.length === 0) return null;
  const longest = sharedOpening(failures, shared, true).length;
  const chosen = choose(lessons, customerMessage, null, shareOf(1) - longest);
  const paragraphs = [sharedOpening(failures, shared, chosen.length > 0), ...chosen.map(lineOf)];
  if (chosen.length > 0) paragraphs.push(NO_FACTS);
  return { text: paragraphs.join("\n"), lessons: 0 };
}

/**
 * What may be said against a failure category that the caller expects, where no cluster is clear: always the warning,
 * with the lessons against it of all clusters; without any, those that hold across clusters.
 * @param own the context of the category, of all clusters
 * @param all the context of everything
 */
export function categoryGuidance(category: string, own: Context, all: Context, customerMessage = ""): Guidance {
  const against = all.by_category.filter(({ failure_category }) => failure_category === category);
  const known = [...against, ...own.lessons];
  const budget = shareOf(1) - categoryOpening(category, own.failures, true).length;
  const chosen = choose(known.length > 0 ? known : all.lessons, customerMessage, category, budget);
  const opening = categoryOpening(category, own.failures, chosen.length > 0);
  const paragraphs = [opening, ...chosen.map(lineOf), ...(chosen.length > 0 ? [NO_FACTS] : [])];
  return { text: paragraphs.join("\n"), lessons: 0 };
}

/** What each of some contexts may say, in characters: without the last sentence, and the line breaks before it and them. */
function shareOf(contexts: number): number {
  return Math.floor((GUIDANCE_CHARACTERS - NO_FACTS.length - contexts) / contexts);
}

/** As many lessons as the budget holds, the most fitting first; each whole. @param budget in characters */
function choose(lessons: Lesson[], message: string, expected: string | null, budget: number): Lesson[] {
  const ranked = rankLessons(lessons, message, expected);
  let left = budget;
  const end = ranked.findIndex((lesson) => {
    left -= lineOf(lesson).length + 1;
    return left < 0;
  });
  return end === -1 ? ranked : ranked.slice(0, end);
}

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

function lineOf({ text }: Lesson): string {
  return `- ${text}`;
}
