import { featuresOf } from "../../router/features.ts";
import { type Lesson, lessonOf, type OwnLesson, SHARED_BY } from "./context.ts";

/** Lessons that share this much of their wording (Jaccard over the router's features) say the same thing. */
const ALIKE = 0.35;

const MOST_SHARED = 4;

/**
 * The lessons that hold across clusters: what several of them have learned, each for itself, in much the same words.
 * A lesson of one cluster alone is never among them, however often it is given there: it may be wrong elsewhere.
 * @param given the current lessons of all clusters
 * @returns one wording of each, a pinned one where there is one; those of the most clusters first
 */
export function sharedLessons(given: OwnLesson[]): Lesson[] {
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
    if (clusters.size < SHARED_BY) continue;
    found.push({ lesson: lessonOf({ id, slot: null, failure_category, text, pinned }), clusters: clusters.size });
  }
  return found
    .sort((a, b) => b.clusters - a.clusters)
    .slice(0, MOST_SHARED)
    .map(({ lesson }) => lesson);
}

function likeness(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let shared = 0;
  for (const id of a) if (b.has(id)) shared++;
  return shared === 0 ? 0 : shared / (a.size + b.size - shared);
}
