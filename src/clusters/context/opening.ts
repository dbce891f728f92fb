import { addressesTheModel } from "../../guards/addresses-model.ts";
import { type Context, frequentCauses } from "./context.ts";

const MOST_CAUSES = 3;

/**
 * What guidance begins with: why this type of query often fails.
 * @param expected the category that a caller expects
 * @returns null where there is nothing to say
 */
export function openingOf(
  {
    topic,
    failures,
    failure_categories,
    lessons,
  }: Pick<Context, "topic" | "failures" | "failure_categories" | "lessons">,
  expected: string | null,
): string | null {
  const causes = frequentCauses(failure_categories).filter(isName).slice(0, MOST_CAUSES);
  const about = topic === null || !isName(topic) ? "queries like this" : `this type of query (${topic})`;
  const from = `From ${failureCount(failures)}`;
  const sentences: string[] = [];
  if (causes.length > 0) {
    sentences.push(`${from}: ${about} often fails because of ${listCauses(causes)}. Be especially careful there.`);
  }
  // What the caller expects is said as a warning, not as a claim about the past.
  if (expected !== null && !causes.includes(expected)) {
    const start = causes.length > 0 ? "" : `${from}, on ${about}: `;
    sentences.push(`${start}Take special care against ${listCauses([expected])}.`);
  }
  if (sentences.length === 0 && lessons.length === 0) return null;
  if (sentences.length === 0) sentences.push(`${from}, on ${about}:`);
  if (lessons.length > 0) sentences.push("What went wrong before, and what to do about it:");
  return sentences.join("\n");
}

/** What holds across types of query. @param categories those that most of them often fail by */
export function sharedOpening(failures: number, categories: string[], hasLessons: boolean): string {
  const from = `From ${failureCount(failures)} across all types of query:`;
  const named = categories.filter(isName);
  const causes = listCauses(named.slice(0, MOST_CAUSES));
  return [
    named.length === 0 ? from : `${from} replies often fail because of ${causes}. Be especially careful there.`,
    ...(hasLessons ? ["What went wrong in several types of query, and what to do about it:"] : []),
  ].join("\n");
}

/** As long as names are; tags are put together from customers' subjects as well. */
const LONGEST_NAME = 60;

/** Whether a name from elsewhere can be spoken of here, among the program's own words, without being a text itself. */
function isName(name: string): boolean {
  return (
    name.length <= LONGEST_NAME &&
    /^[\p{L}\p{M}\p{N} _&'/,?+-]+$/u.test(name) &&
    addressesTheModel(name.replace(/_/g, " ")) === null
  );
}

function failureCount(count: number): string {
  return count === 1 ? "one past failure" : `${count} past failures`;
}

/** `missing_information` and others as a reader would say it. */
function listCauses(categories: string[]): string {
  const causes = categories.map((category) => category.replace(/[_\s]+/g, " ").trim());
  const last = causes.at(-1) ?? "";
  return causes.length < 2 ? last : `${causes.slice(0, -1).join(", ")} and ${last}`;
}
