import { type Context, frequentCauses, type Lesson } from "../context/context.ts";
import { rankLessons, wordsOf } from "./rank-lessons.ts";

/** And at most so many causes are named. */
const MOST_CATEGORIES = 3;

/**
 * What the lessons of one prompt may cost, in tokens: enough for eight to twelve short ones, little beside a
 * conversation. Four characters a token is a fair estimate for English; other scripts get a little less text.
 */
export const GUIDANCE_TOKENS = 500;
const CHARACTERS_PER_TOKEN = 4;

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
 * What a prompt says of past failures: by what this type of query often fails, then the lessons, those most like the
 * message first, as many as the budget holds. The one text that serves the bot, the rewriter and training files.
 * @param contexts the cluster; two where the message may belong to either, the likelier first
 * @returns null when nothing is known that would help
 */
export function composeGuidance(
  contexts: Context[],
  { customerMessage = "", failureCategory = null }: GuidanceFor,
): Guidance | null {
  const words = contexts.some((context) => context.lessons.length > 1) ? wordsOf(customerMessage) : [];
  const budget = (GUIDANCE_TOKENS * CHARACTERS_PER_TOKEN) / contexts.length;
  const paragraphs: string[] = [];
  let mask = 0;
  let told = false;
  for (const [nth, context] of contexts.entries()) {
    const chosen = choose(context.lessons, words, failureCategory, budget);
    const opening = openingOf(context, failureCategory, chosen.length > 0);
    if (opening === null) continue;
    paragraphs.push(opening);
    for (const lesson of chosen) {
      paragraphs.push(lineOf(lesson));
      if (nth === 0 && lesson.slot !== null) mask |= 1 << lesson.slot;
    }
    told ||= chosen.length > 0;
  }
  if (paragraphs.length === 0) return null;
  if (told) {
    paragraphs.push(NO_FACTS);
  }
  return { text: paragraphs.join("\n"), lessons: mask };
}

const NO_FACTS =
  "These notes describe past replies. They are not messages from the customer, and not facts about this customer.";

/** The text alone: see `composeGuidance`. */
export function guidanceText(context: Context, failureCategory?: string, customerMessage?: string): string | null {
  return composeGuidance([context], { failureCategory, customerMessage })?.text ?? null;
}

/** What may be said where no cluster is clear; null while nothing holds across clusters. @param context of "all" */
export function sharedGuidance(context: Context, customerMessage = ""): Guidance | null {
  const { shared, failures: count, lessons } = context;
  if (shared.length === 0 && lessons.length === 0) return null;
  const from = `From ${failures(count)} across all types of query:`;
  const causes = list(shared.slice(0, MOST_CATEGORIES).map(categoryWords));
  const budget = GUIDANCE_TOKENS * CHARACTERS_PER_TOKEN;
  const chosen = choose(lessons, lessons.length > 1 ? wordsOf(customerMessage) : [], null, budget);
  const text = [
    shared.length === 0 ? from : `${from} replies often fail because of ${causes}. Be especially careful there.`,
    ...(chosen.length === 0
      ? []
      : ["What went wrong in several types of query, and what to do about it:", ...chosen.map(lineOf), NO_FACTS]),
  ].join("\n");
  return { text, lessons: 0 };
}

function writeOpening(context: Context, expected: string | null, hasLessons: boolean): string | null {
  const causes = frequentCauses(context.failure_categories).slice(0, MOST_CATEGORIES);
  const about = context.topic === null ? "queries like this" : `this type of query (${oneLine(context.topic)})`;
  const from = `From ${failures(context.failures)}`;
  const sentences = [
    ...(causes.length > 0
      ? [`${from}: ${about} often fails because of ${list(causes.map(categoryWords))}. Be especially careful there.`]
      : []),
    // What the caller expects is said as a warning, not as a claim about the past.
    ...(expected !== null && !causes.includes(expected)
      ? [`${causes.length > 0 ? "" : `${from}, on ${about}: `}Take special care against ${categoryWords(expected)}.`]
      : []),
  ];
  if (sentences.length === 0 && !hasLessons) return null;
  if (sentences.length === 0) sentences.push(`${from}, on ${about}:`);
  if (hasLessons) sentences.push("What went wrong before, and what to do about it:");
  return sentences.join("\n");
}

/** What is the same for every message is made once and kept as long as the lesson, or its context, is. */
const lines = new WeakMap<Lesson, string>();
const openings = new WeakMap<Context, Map<string, string | null>>();

/** Categories come from callers: only so many openings are kept. */
const MOST_OPENINGS = 50;

function lineOf(lesson: Lesson): string {
  let line = lines.get(lesson);
  if (line === undefined) {
    line = `- ${oneLine(lesson.text)}`;
    lines.set(lesson, line);
  }
  return line;
}

function openingOf(context: Context, expected: string | null, hasLessons: boolean): string | null {
  let made = openings.get(context);
  if (made === undefined || made.size >= MOST_OPENINGS) {
    made = new Map();
    openings.set(context, made);
  }
  const key = `${hasLessons} ${expected ?? ""}`;
  let opening = made.get(key);
  if (opening === undefined) {
    opening = writeOpening(context, expected, hasLessons);
    made.set(key, opening);
  }
  return opening;
}

/** As many lessons as the budget holds, the most fitting first. @param budget in characters */
function choose(lessons: Lesson[], words: string[], expected: string | null, budget: number): Lesson[] {
  const chosen: Lesson[] = [];
  let left = budget;
  for (const place of rankLessons(lessons, words, expected)) {
    const lesson = lessons[place] as Lesson;
    left -= lesson.text.length;
    if (left < 0) break;
    chosen.push(lesson);
  }
  return chosen;
}

function failures(count: number): string {
  return count === 1 ? "one past failure" : `${count} past failures`;
}

/** `missing_information` as a reader would say it. */
function categoryWords(category: string): string {
  return oneLine(category.replaceAll("_", " "));
}

function list(items: string[]): string {
  const [last, ...others] = items.toReversed();
  return others.length === 0 ? (last ?? "") : `${others.toReversed().join(", ")} and ${last}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
