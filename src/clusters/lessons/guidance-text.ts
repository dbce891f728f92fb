import type { Context, Lesson } from "../context/context.ts";
import { openingOf, sharedOpening } from "../context/opening.ts";
import { rankLessons } from "./rank-lessons.ts";

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
  const paragraphs: string[] = [];
  let bits = 0;
  let anyLesson = false;
  for (const [nth, context] of contexts.entries()) {
    const opening = failureCategory === null ? context.opening : openingOf(context, failureCategory);
    if (opening === null) continue;
    const chosen = choose(context.lessons, customerMessage, failureCategory, budget);
    paragraphs.push(opening, ...chosen.map(lineOf));
    anyLesson ||= chosen.length > 0;
    if (nth === 0) for (const { slot } of chosen) if (slot !== null) bits |= 1 << slot;
  }
  if (paragraphs.length === 0) return null;
  if (anyLesson) paragraphs.push(NO_FACTS);
  return { text: paragraphs.join("\n"), lessons: bits };
}

/** The text alone: see `composeGuidance`. */
export function guidanceText(context: Context, failureCategory?: string, customerMessage?: string): string | null {
  return composeGuidance([context], { failureCategory, customerMessage })?.text ?? null;
}

/** What may be said where no cluster is clear; null while nothing holds across clusters. @param context of "all" */
export function sharedGuidance({ shared, failures, lessons }: Context, customerMessage = ""): Guidance | null {
  if (shared.length === 0 && lessons.length === 0) return null;
  const chosen = choose(lessons, customerMessage, null, GUIDANCE_CHARACTERS);
  const paragraphs = [sharedOpening(failures, shared, chosen.length > 0), ...chosen.map(lineOf)];
  if (chosen.length > 0) paragraphs.push(NO_FACTS);
  return { text: paragraphs.join("\n"), lessons: 0 };
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
