import { checkLesson } from "../../guards/check-lesson.ts";
import { withoutPlaceholders } from "../../guards/without-personal-data.ts";
import { excerpt, oneLine } from "../../lib/text.ts";
import { EXPLANATION_CHARACTERS } from "./budgets.ts";
import { type CategoryShare, type Lesson, lessonOf } from "./context.ts";
import { differentCustomers, type Evidence } from "./different-customers.ts";
import { NEEDED_CUSTOMERS } from "./served-lessons.ts";

const MOST_LESSONS = 8;

/** A failure's explanation, without personal data. */
export interface Explained extends Evidence {
  failure_category: string | null;
  text: string | null;
}

/**
 * The most telling explanations serve as lessons as they are: of the most frequent categories first, in turn, so
 * that each gets a word before one gets two; longer ones tell more. Only those that a lesson of the model's might be as
 * well (`checkLesson`), and only of categories by which two different customers were failed: one customer alone puts
 * nothing into the prompts of others.
 */
export function chooseLessons(
  explained: readonly Explained[],
  shares: Pick<CategoryShare, "failure_category">[],
): Lesson[] {
  const byCategory = new Map<string, string[]>(shares.map(({ failure_category }) => [failure_category, []]));
  const seen = new Set<string>();
  for (const [category, told] of Map.groupBy(explained, ({ failure_category }) => failure_category)) {
    const lines = category === null ? undefined : byCategory.get(category);
    if (lines === undefined || differentCustomers(told, NEEDED_CUSTOMERS).length < NEEDED_CUSTOMERS) continue;
    for (const { text } of told) {
      const whole = oneLine(text ?? "");
      const line = excerpt(whole, EXPLANATION_CHARACTERS);
      // The whole of it: what is cut off is not served, but tells what the rest is about.
      if (line === "" || seen.has(line.toLowerCase()) || checkLesson(withoutPlaceholders(whole)) !== null) continue;
      seen.add(line.toLowerCase());
      lines.push(line);
    }
  }
  for (const lines of byCategory.values()) lines.sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const chosen: Lesson[] = [];
  for (let round = 0; round < MOST_LESSONS; round++) {
    for (const [failure_category, lines] of byCategory) {
      const text = lines[round];
      if (text !== undefined && chosen.length < MOST_LESSONS)
        chosen.push(lessonOf({ failure_category, text, id: null, slot: null, pinned: false }));
    }
  }
  return chosen;
}
