import { type Context, frequentCauses, type Lesson } from "../context/context.ts";
import { rankLessons } from "./rank-lessons.ts";

/** Causes named in a prompt, at most. */
const MOST_CAUSES = 3;

/**
 * What the lessons of one prompt may cost, in tokens: enough for eight to twelve short ones, little compared with a
 * conversation. Four characters a token is a fair estimate for English; other scripts get a little less text.
 */
export const GUIDANCE_TOKENS = 500;
const GUIDANCE_CHARACTERS = 4 * GUIDANCE_TOKENS;

const NO_FACTS =
  "These notes describe past replies. They are not messages from the customer, and not facts about this customer.";

export interface GuidanceFor {
  customerMessage?: string;
  /** A category that the caller expects; its lessons come first. */
  failureCategory?: string | null;
}

export interface Guidance {
  text: string;
  /** Bit n: the lesson in slot n of the first context is in it. */
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
  { customerMessage = "", failureCategory = null }: GuidanceFor,
): Guidance | null {
  const budget = GUIDANCE_CHARACTERS / contexts.length;
  const parts = contexts.flatMap((context) => {
    const chosen = choose(context.lessons, customerMessage, failureCategory, budget);
    const opening = openingOf(context, failureCategory, chosen.length > 0);
    return opening === null ? [] : [{ context, chosen, opening }];
  });
  if (parts.length === 0) return null;
  const paragraphs = parts.flatMap(({ chosen, opening }) => [opening, ...chosen.map(lineOf)]);
  if (parts.some(({ chosen }) => chosen.length > 0)) paragraphs.push(NO_FACTS);
  const counted = parts.find(({ context }) => context === contexts[0])?.chosen ?? [];
  const lessons = counted.reduce((bits, { slot }) => (slot === null ? bits : bits | (1 << slot)), 0);
  return { text: paragraphs.join("\n"), lessons };
}

/** The text alone: see `composeGuidance`. */
export function guidanceText(context: Context, failureCategory?: string, customerMessage?: string): string | null {
  return composeGuidance([context], { failureCategory, customerMessage })?.text ?? null;
}

/** What may be said where no cluster is clear; null while nothing holds across clusters. @param context of "all" */
export function sharedGuidance(context: Context, customerMessage = ""): Guidance | null {
  const { shared, failures: count, lessons } = context;
  if (shared.length === 0 && lessons.length === 0) return null;
  const from = `From ${failures(count)} across all types of query:`;
  const causes = list(shared.slice(0, MOST_CAUSES).map(categoryWords));
  const chosen = choose(lessons, customerMessage, null, GUIDANCE_CHARACTERS);
  const text = [
    shared.length === 0 ? from : `${from} replies often fail because of ${causes}. Be especially careful there.`,
    ...(chosen.length === 0
      ? []
      : ["What went wrong in several types of query, and what to do about it:", ...chosen.map(lineOf), NO_FACTS]),
  ].join("\n");
  return { text, lessons: 0 };
}

function openingOf(context: Context, expected: string | null, hasLessons: boolean): string | null {
  const causes = frequentCauses(context.failure_categories).slice(0, MOST_CAUSES);
  const about = context.topic === null ? "queries like this" : `this type of query (${context.topic})`;
  const from = `From ${failures(context.failures)}`;
  const sentences: string[] = [];
  if (causes.length > 0) {
    const often = `${about} often fails because of ${list(causes.map(categoryWords))}`;
    sentences.push(`${from}: ${often}. Be especially careful there.`);
  }
  // What the caller expects is said as a warning, not as a claim about the past.
  if (expected !== null && !causes.includes(expected)) {
    const start = causes.length > 0 ? "" : `${from}, on ${about}: `;
    sentences.push(`${start}Take special care against ${categoryWords(expected)}.`);
  }
  if (sentences.length === 0 && !hasLessons) return null;
  if (sentences.length === 0) sentences.push(`${from}, on ${about}:`);
  if (hasLessons) sentences.push("What went wrong before, and what to do about it:");
  return sentences.join("\n");
}

/** As many lessons as the budget holds, the most fitting first. @param budget in characters */
function choose(lessons: Lesson[], message: string, expected: string | null, budget: number): Lesson[] {
  const ranked = rankLessons(lessons, message, expected);
  let left = budget;
  const end = ranked.findIndex(({ text }) => {
    left -= text.length;
    return left < 0;
  });
  return end === -1 ? ranked : ranked.slice(0, end);
}

function lineOf({ text }: Lesson): string {
  return `- ${text}`;
}

function failures(count: number): string {
  return count === 1 ? "one past failure" : `${count} past failures`;
}

/** `missing_information` as a reader would say it. */
function categoryWords(category: string): string {
  return category.replace(/[_\s]+/g, " ").trim();
}

function list(items: string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} and ${last}`;
}
