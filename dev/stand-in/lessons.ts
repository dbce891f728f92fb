import { extractFacts } from "../../src/guards/facts.ts";
import { readSections, sentencesOf, shareOf, stemsOf } from "./text.ts";

const MOST_CHANGES = 6;
/** A lesson with so much of an explanation's words covers it. */
const COVERS = 0.6;

interface Lesson {
  stems: Set<string>;
  /** Its number in the list; null for a new one. */
  number: number | null;
  category: string | null;
  text: string;
  /** Failures that bear it out. */
  failures: string[];
}

/**
 * New lessons for a cluster: each explanation that no lesson covers yet becomes one, unless it names facts; one that is
 * covered supports what covers it.
 */
export function distillLessons(lessonsSoFar: string, newFailures: string) {
  const known: Lesson[] = Object.entries(readSections(lessonsSoFar)).map(([name, inside], i) => ({
    ...{ number: Number(/\d+$/.exec(name)?.[0] ?? i + 1), category: null, failures: [] },
    ...{ text: "", stems: stemsOf(readSections(inside).lesson_text ?? "") },
  }));
  for (const [name, inside] of Object.entries(readSections(newFailures))) {
    const { why_it_failed = "", failure_category = null } = readSections(inside);
    const text = sentencesOf(why_it_failed).find((sentence) => extractFacts(sentence).length === 0);
    const stems = stemsOf(text ?? "");
    if (text === undefined || stems.size === 0) continue;
    const covering = known.find((lesson) => shareOf(stems, lesson.stems) >= COVERS);
    if (covering !== undefined) covering.failures.push(name);
    else known.push({ stems, number: null, category: failure_category, text: lessonFrom(text), failures: [name] });
  }
  const changes = known
    .filter(({ failures }) => failures.length > 0)
    .slice(0, MOST_CHANGES)
    .map(({ number, category, text, failures }) => ({
      ...{ op: number === null ? "add" : "support", lesson: number, failure_category: category, text, failures },
    }));
  return { changes };
}

function lessonFrom(explanation: string): string {
  return `Do not fail like this again: ${explanation.charAt(0).toLowerCase()}${explanation.slice(1)}`;
}
