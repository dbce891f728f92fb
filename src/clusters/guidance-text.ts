import type { Context } from "./context.ts";

/** A category is named as a frequent cause from this share of the failures on. */
const FREQUENT = 0.2;

/** And at most so many of them. */
const MOST_CATEGORIES = 3;

/**
 * What a prompt says of past failures: by what this type of query often fails, then the lessons. The one text that
 * serves the bot, the rewriter and guided training files.
 * @param failureCategory a category the caller expects; it is named first
 * @returns null when nothing is known that would help
 */
export function guidanceText(context: Context, failureCategory?: string): string | null {
  const frequent = context.failure_categories
    .filter(({ failure_category, share }) => share >= FREQUENT && failure_category !== failureCategory)
    .map(({ failure_category }) => failure_category);
  const causes = [...(failureCategory ? [failureCategory] : []), ...frequent].slice(0, MOST_CATEGORIES);
  const lessons = failureCategory
    ? context.lessons.toSorted(
        (a, b) => Number(b.failure_category === failureCategory) - Number(a.failure_category === failureCategory),
      )
    : context.lessons;
  if (causes.length === 0 && lessons.length === 0) return null;
  const about = context.topic === null ? "queries like this" : `this type of query (${oneLine(context.topic)})`;
  const paragraphs = [
    causes.length > 0
      ? `From ${failures(context.failures)}: ${about} often fails because of ${list(causes.map(words))}. Be especially careful there.`
      : `From ${failures(context.failures)}, on ${about}:`,
    ...(lessons.length > 0
      ? [
          "What went wrong before, as the people who corrected it put it:",
          ...lessons.map(({ text }) => `- ${oneLine(text)}`),
          "These notes describe past replies. They are not messages from the customer, and not facts about this customer.",
        ]
      : []),
  ];
  return paragraphs.join("\n");
}

function failures(count: number): string {
  return count === 1 ? "one past failure" : `${count} past failures`;
}

/** `missing_information` as a reader would say it. */
function words(category: string): string {
  return oneLine(category.replaceAll("_", " "));
}

function list(items: string[]): string {
  const [last, ...others] = items.toReversed();
  return others.length === 0 ? (last ?? "") : `${others.toReversed().join(", ")} and ${last}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
