import { excerpt, oneLine } from "../../lib/text.ts";
import { EXPLANATION_CHARACTERS } from "./budgets.ts";
import { type CategoryShare, type Lesson, lessonOf } from "./context.ts";

const MOST_LESSONS = 8;

/** A failure's explanation. */
export interface Explained {
  failure_category: string | null;
  text: string | null;
}

/**
 * The most telling explanations serve as lessons as they are: of the most frequent categories first, in turn, so
 * that each gets a word before one gets two; longer ones tell more.
 */
export function chooseLessons(explained: Explained[], shares: Pick<CategoryShare, "failure_category">[]): Lesson[] {
  const order = [...shares.map(({ failure_category }) => failure_category as string | null), null];
  const byCategory = new Map<string | null, string[]>(order.map((category) => [category, []]));
  const seen = new Set<string>();
  for (const { failure_category, text } of explained) {
    const line = excerpt(oneLine(text ?? ""), EXPLANATION_CHARACTERS);
    if (line === "" || seen.has(line.toLowerCase())) continue;
    seen.add(line.toLowerCase());
    byCategory.get(failure_category)?.push(line);
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
