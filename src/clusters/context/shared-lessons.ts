import { featuresOf } from "../../router/features.ts";
import { type Lesson, lessonOf, type OwnLesson, SHARED_BY } from "./context.ts";

/** Lessons that share this much of their wording (Jaccard over the router's features) say the same thing. */
const ALIKE = 0.35;

const MOST_SHARED = 4;

/** What the context of everything holds of each category; of all, so much that it stays small. */
const MOST_OF_CATEGORY = 4;
const MOST_BY_CATEGORY = 100;

/** The lessons against each failure category, whichever cluster learned them: those that several did first. */
export function lessonsByCategory(given: OwnLesson[]): Lesson[] {
  const byCategory = [...Map.groupBy(given, ({ failure_category }) => failure_category)];
  return byCategory
    .filter(([category]) => category !== null)
    .flatMap(([, own]) => distinctLessons(own).slice(0, MOST_OF_CATEGORY))
    .slice(0, MOST_BY_CATEGORY)
    .map(({ lesson }) => lesson);
}

/**
 * The lessons that hold across clusters: what several of them have learned, each for itself, in much the same words.
 * A lesson of one cluster alone is never among them, however often it is given there: it may be wrong elsewhere.
 * @param given the current lessons of all clusters
 * @returns one wording of each, a pinned one where there is one; those of the most clusters first
 */
export function sharedLessons(given: OwnLesson[]): Lesson[] {
  return distinctLessons(given)
    .filter(({ clusters }) => clusters >= SHARED_BY)
    .slice(0, MOST_SHARED)
    .map(({ lesson }) => lesson);
}

/** Each once, and by how many clusters it was learned; those of the most clusters first. */
function distinctLessons(given: OwnLesson[]): { lesson: Lesson; clusters: number }[] {
  const open = given
    .map((lesson) => ({ ...lesson, features: new Set(featuresOf(lesson.text)) }))
    .sort((a, b) => Number(b.pinned) - Number(a.pinned) || (a.id < b.id ? -1 : 1));
  const found: { lesson: Lesson; clusters: number }[] = [];
  for (let first = open.shift(); first !== undefined; first = open.shift()) {
    const { features, id, failure_category, text, pinned } = first;
    const clusters = new Set([first.cluster_id]);
    for (let i = open.length - 1; i >= 0; i--) {
      const other = open[i];
      if (other === undefined || likeness(features, other.features) < ALIKE) continue;
      clusters.add(other.cluster_id);
      open.splice(i, 1);
    }
    found.push({ lesson: lessonOf({ id, slot: null, failure_category, text, pinned }), clusters: clusters.size });
  }
  return found.sort((a, b) => b.clusters - a.clusters);
}

function likeness(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let shared = 0;
  for (const id of a) if (b.has(id)) shared++;
  return shared === 0 ? 0 : shared / (a.size + b.size - shared);
}
