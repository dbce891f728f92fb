import { BUCKETS } from "./features.ts";
import { bucketsOf, type TrainingSet } from "./training-set.ts";

/** Messages that share this much of their features (Jaccard) are one wording: an order number or a name differs. */
const ALIKE = 0.5;

/**
 * For each row the first row of its topic that is worded nearly the same; for most rows that is the row itself. Each
 * row is compared with the first of each wording only, so chains of small changes do not make one of them all.
 */
export function likeRows(set: TrainingSet): Int32Array {
  const { topicOf, isName, topics } = set;
  const firsts = Int32Array.from(topicOf, (_, row) => row);
  const rowsOf = Array.from({ length: topics.length }, (): number[] => []);
  for (let row = 0; row < topicOf.length; row++) if (isName[row] !== 1) rowsOf[topicOf[row] as number]?.push(row);
  const has = new Uint8Array(BUCKETS);
  const mark = (row: number, value: number) => {
    for (const id of bucketsOf(set, row)) has[id] = value;
  };
  for (let open of rowsOf) {
    while (open.length > 1) {
      const [first = 0, ...others] = open;
      mark(first, 1);
      open = others.filter((row) => {
        const own = bucketsOf(set, row);
        let shared = 0;
        for (const id of own) shared += has[id] as number;
        const alike = shared >= ALIKE * (own.length + bucketsOf(set, first).length - shared);
        if (alike) firsts[row] = first;
        return !alike;
      });
      mark(first, 0);
    }
  }
  return firsts;
}
