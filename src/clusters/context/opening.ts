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
  const frequent = frequentCauses(failure_categories).filter(isName);
  // What the caller expects goes first, where it is true.
  const causes = [...frequent.filter((cause) => cause === expected), ...frequent.filter((cause) => cause !== expected)];
  const where = topic === null || !isName(topic) ? "" : `${topic}, `;
  const about = where === "" ? "queries like this" : `this type of query (${topic})`;
  const sentences: string[] = [];
  if (causes.length > 0) {
    sentences.push(
      `Based on past failures, this type of query often fails due to ${listCauses(causes.slice(0, MOST_CAUSES))} ` +
        `(${where}${failureCount(failures)}). Be especially careful there.`,
    );
  }
  // What the caller expects and the data does not say is a warning, not a claim about the past.
  if (expected !== null && !causes.includes(expected)) sentences.push(warningOf(expected));
  if (lessons.length === 0) return sentences.length === 0 ? null : sentences.join("\n");
  if (sentences.length === 0) sentences.push(`From ${failureCount(failures)}, on ${about}:`);
  sentences.push(WENT_WRONG);
  return sentences.join("\n");
}

const WENT_WRONG = "What went wrong before, and what to do about it:";

function warningOf(category: string): string {
  return `Take special care against ${listCauses([category])}.`;
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

/**
 * What is said of a category that the caller expects, where no cluster is clear: how many failed by it is no claim about
 * this type of query.
 * @param failures by this category, of all types of query
 */
export function categoryOpening(category: string, failures: number, hasLessons: boolean): string {
  const counted = failures === 0 ? "" : ` It is behind ${failureCount(failures)} across all types of query.`;
  return [warningOf(category) + counted, ...(hasLessons ? [WENT_WRONG] : [])].join("\n");
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
