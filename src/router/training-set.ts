import { BUCKETS, writeFeatures } from "./features.ts";
import { MAX_TOPICS } from "./router-model.ts";

/** What a customer wrote, and the topic it was about. */
export type RouterExample = { text: string; topic: string };

/** Beyond this many messages a topic gains nothing measurable, and one busy topic would eat the training time. */
export const MAX_EXAMPLES_PER_TOPIC = 500;
/** Training time grows with examples times topics: this many short messages in 150 topics took 40 s on one core. */
export const MAX_EXAMPLES = 20_000;
/** Memory bound: two bytes each. 20,000 short messages have about 3.5 million, long letters many more. */
const MAX_FEATURES = 6_000_000;

/** The examples as hashed features, row after row. Rows of one topic are not adjacent. */
export type TrainingSet = {
  topics: string[];
  /** Bucket ids of row `i` are `ids[starts[i]]` up to `ids[starts[i + 1]]`. */
  ids: Uint16Array;
  starts: Uint32Array;
  /** The topic's place in `topics`, per row. */
  topicOf: Uint16Array;
  /** 1 for the row that is the topic's name, which no calibration may be tested on. */
  isName: Uint8Array;
  examples: number;
};

export function bucketsOf({ ids, starts }: TrainingSet, row: number): Uint16Array {
  return ids.subarray(starts[row], starts[row + 1]);
}

/** "refund_status", "CardArrival" and "billing::vat-id" as words, to be learned like one more message. */
export function wordsOfTopic(topic: string): string {
  return topic
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replace(/[_\-:./\s]+/g, " ")
    .trim();
}

/** 32 bits of a text, to put examples into an order that is neither the input's nor the alphabet's. */
function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  return (h ^ (h >>> 15)) >>> 0;
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Each topic's distinct texts in hash order, the largest topics first where there are too many topics. */
function distinctTexts(examples: Iterable<RouterExample>): { topic: string; texts: string[] }[] {
  const byTopic = new Map<string, Set<string>>();
  for (const { text, topic } of examples) {
    if (topic === "") continue;
    const texts = byTopic.get(topic);
    if (texts) texts.add(text.trim());
    else byTopic.set(topic, new Set([text.trim()]));
  }
  return [...byTopic]
    .sort((a, b) => b[1].size - a[1].size || byCodeUnits(a[0], b[0]))
    .slice(0, MAX_TOPICS)
    .sort((a, b) => byCodeUnits(a[0], b[0]))
    .map(([topic, set]) => ({
      topic,
      texts: [...set]
        .map((text) => ({ text, hash: hashText(text) }))
        .sort((a, b) => a.hash - b.hash || byCodeUnits(a.text, b.text))
        .slice(0, MAX_EXAMPLES_PER_TOPIC)
        .map(({ text }) => text),
    }));
}

/**
 * Hashes examples into a training set. The result depends on which examples there are, never on their order: repeats
 * of a text within a topic count once, and where a limit cuts, it cuts by the hash of the text, all topics alike.
 */
export function buildTrainingSet(examples: Iterable<RouterExample>): TrainingSet {
  const groups = distinctTexts(examples);
  const room = new Uint16Array(BUCKETS);
  const rows: Uint16Array[] = [];
  const topicOf: number[] = [];
  const isName: number[] = [];
  let features = 0;
  const add = (text: string, topic: number, name: number): void => {
    const count = writeFeatures(text, room);
    if (count === 0) return;
    rows.push(room.slice(0, count));
    topicOf.push(topic);
    isName.push(name);
    features += count;
  };
  groups.forEach(({ topic }, at) => {
    add(wordsOfTopic(topic), at, 1);
  });
  const names = rows.length;
  // Round by round, one example of each topic: a limit that cuts takes from the largest topics first.
  for (let round = 0, more = true; more; round++) {
    more = false;
    for (const [at, group] of groups.entries()) {
      const text = group.texts[round];
      if (text === undefined || rows.length - names >= MAX_EXAMPLES || features >= MAX_FEATURES) continue;
      more = true;
      add(text, at, 0);
    }
  }

  const ids = new Uint16Array(features);
  const starts = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => {
    ids.set(row, starts[i]);
    starts[i + 1] = (starts[i] as number) + row.length;
  });
  return {
    topics: groups.map(({ topic }) => topic),
    ids,
    starts,
    topicOf: Uint16Array.from(topicOf),
    isName: Uint8Array.from(isName),
    examples: rows.length - names,
  };
}

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
