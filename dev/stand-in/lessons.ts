import { extractFacts } from "../../src/guards/facts.ts";
import { sentencesOf, shareOf, stemsOf } from "./text.ts";

/** A failure as the prompt shows it: its number, its category where it has one, and why it failed. */
const FAILURE = /^F(?<number>\d+)(?: \((?<category>.+)\))?$(?:(?!^F\d)[\s\S])*?^Why it failed: (?<why>.+)$/gm;
const MOST_CHANGES = 6;
/** A lesson with so much of an explanation's words covers it. */
const COVERS = 0.6;

/** New lessons for a cluster: each explanation that no lesson covers yet becomes one, unless it names facts. */
export function distillLessons(lessonsInForce: string, newFailures: string) {
  const known = lessonsInForce.split("\n").map(stemsOf);
  const changes = [];
  for (const { groups: { number, category, why = "" } = {} } of newFailures.matchAll(FAILURE)) {
    const text = sentencesOf(why).find((sentence) => extractFacts(sentence).length === 0);
    if (text === undefined || changes.length === MOST_CHANGES) continue;
    const stems = stemsOf(text);
    if (stems.size === 0 || known.some((lesson) => shareOf(stems, lesson) >= COVERS)) continue;
    known.push(stems);
    const lesson = `Do not fail like this again: ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
    changes.push({
      ...{ op: "add", lesson: null, failure_category: category ?? null, text: lesson },
      failures: [`F${number}`],
    });
  }
  return { changes };
}
