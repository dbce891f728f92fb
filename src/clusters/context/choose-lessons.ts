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

interface Line {
  text: string;
  /** The failures that were explained so. */
  toldOf: string[];
}

const longestFirst = (a: Line, b: Line) => b.text.length - a.text.length || (a.text < b.text ? -1 : 1);

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
  const byCategory = new Map<string, Line[]>(shares.map(({ failure_category }) => [failure_category, []]));
  const seen = new Map<string, Line>();
  for (const [category, told] of Map.groupBy(explained, ({ failure_category }) => failure_category)) {
    const lines = category === null ? undefined : byCategory.get(category);
    if (lines === undefined || differentCustomers(told, NEEDED_CUSTOMERS).length < NEEDED_CUSTOMERS) continue;
    for (const { id, text } of told) {
      const whole = oneLine(text ?? "");
      const line = excerpt(whole, EXPLANATION_CHARACTERS);
      // The whole of it: what is cut off is not served, but tells what the rest is about.
      const same = seen.get(line.toLowerCase());
      same?.toldOf.push(id);
      if (line === "" || same !== undefined || checkLesson(withoutPlaceholders(whole)) !== null) continue;
      const own = { text: line, toldOf: [id] };
      seen.set(line.toLowerCase(), own);
      lines.push(own);
    }
  }
  for (const lines of byCategory.values()) lines.sort(longestFirst);
  const chosen: Lesson[] = [];
  for (let round = 0; round < MOST_LESSONS; round++) {
    for (const [failure_category, lines] of byCategory) {
      const line = lines[round];
      if (line !== undefined && chosen.length < MOST_LESSONS)
        chosen.push(lessonOf({ ...line, failure_category, id: null, slot: null, pinned: false }));
    }
  }
  return chosen;
}
