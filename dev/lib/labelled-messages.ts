/** Labelled messages for the router's benchmarks: read, drawn from with a seed, and what is measured on them. */

import { mean } from "../../src/lib/statistics/estimates.ts";
import type { RouterExample } from "../../src/router/training-set.ts";
import { shuffled } from "./seeded.ts";

export const SEED = 20_240_607;
export const FOLDS = 5;
export const LEFT_OUT_TOPICS = 15;

/** What the router said of one message. */
export interface Judged {
  /** Of the best candidate, 0 to 1. */
  confidence: number;
  /** The best candidate is right, whether or not it was given. */
  first: boolean;
  /** The right topic is among the three best. */
  three: boolean;
  /** A topic was given at all. */
  given: boolean;
}

/** RFC 4180: quoted fields may hold commas, doubled quotes and line breaks. */
export function parseCsv(source: string): RouterExample[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of source.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === ",") continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows.slice(1).map(([text = "", topic = ""]) => ({ text, topic }));
}

/** The first `perTopic` messages of each topic, and the rest. */
export function firstOfEach(examples: readonly RouterExample[], perTopic: number) {
  const taken = new Map<string, number>();
  const few: RouterExample[] = [];
  const rest: RouterExample[] = [];
  for (const example of examples) {
    const count = taken.get(example.topic) ?? 0;
    (count < perTopic ? few : rest).push(example);
    taken.set(example.topic, count + 1);
  }
  return { few, rest };
}

/** A drawing of topics to be kept from the training: their messages, and those of all other topics. */
export function withoutTopics(examples: readonly RouterExample[], random: () => number) {
  const topics = [...new Set(examples.map(({ topic }) => topic))].sort();
  const out = new Set(shuffled(topics, random).slice(0, LEFT_OUT_TOPICS));
  return {
    known: examples.filter(({ topic }) => !out.has(topic)),
    unseen: examples.filter(({ topic }) => out.has(topic)),
  };
}

/** One of the folds held back, the rest to learn from. */
export function split<T>(examples: readonly T[], fold: number) {
  const heldBack = (i: number) => i % FOLDS === fold;
  return { learned: examples.filter((_, i) => !heldBack(i)), heldBack: examples.filter((_, i) => heldBack(i)) };
}

/** The part of them that passes the test, 0 to 1; not a number where there are none. */
export const share = (judged: readonly Judged[], test: (one: Judged) => boolean): number =>
  judged.filter(test).length / judged.length;

/** Expected calibration error: the mean distance between confidence and accuracy in 10 equal bins, by messages. */
export function calibrationError(judged: readonly Pick<Judged, "confidence" | "first">[]): number {
  const gaps = new Float64Array(10);
  for (const { confidence, first } of judged) {
    const bin = Math.min(9, Math.floor(confidence * 10));
    gaps[bin] = (gaps[bin] ?? 0) + confidence - Number(first);
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / judged.length;
}

/** Probability that a known message gets a higher confidence than an unknown one; ties count half (Mann-Whitney). */
export function auroc(known: readonly number[], unknown: readonly number[]): number {
  const sorted = Float64Array.from(unknown).sort();
  const below = (value: number, orEqual: boolean): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = sorted[middle] as number;
      if (at < value || (orEqual && at === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return mean(known.map((value) => (below(value, false) + below(value, true)) / 2)) / sorted.length;
}
