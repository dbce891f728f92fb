/**
 * How well, how fast and how large the router is, on your own labelled messages:
 * `npm run bench -- router messages.csv`, a CSV with the columns text,category (a public one: Banking77).
 */
import { readFileSync } from "node:fs";
import { routeMessage } from "../../src/clusters/router/route-message.ts";
import { decodeRouter, encodeRouter } from "../../src/clusters/router/router-file.ts";
import type { RouterModel } from "../../src/clusters/router/router-model.ts";
import { trainRouter, trainRouterInSteps } from "../../src/clusters/router/train-router.ts";
import type { RouterExample } from "../../src/clusters/router/training-set.ts";

export const SEED = 20_240_607;
export const FOLDS = 5;
const FEW_SHOT_RUNS = 5;
const LEFT_OUT_RUNS = 5;
export const LEFT_OUT_TOPICS = 15;

const USAGE = `Usage: npm run bench -- router FILE.csv

FILE.csv has a header line and the columns text,category (quoted where needed): customer messages and their topics.
Redraft ships none; Banking77 (PolyAI, CC BY 4.0) has this shape.`;

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

/** Mulberry32: the same seed gives the same numbers everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function train(examples: readonly RouterExample[]): RouterModel {
  const model = trainRouter(examples);
  if (model === null) throw new Error("There is nothing to learn from in this file.");
  return model;
}

type Judged = { confidence: number; first: boolean; three: boolean; given: boolean };

function judge(model: RouterModel, examples: readonly RouterExample[]): Judged[] {
  return examples.map(({ text, topic }) => {
    const { candidates, confidence, topic: given } = routeMessage(model, text);
    const rank = candidates.findIndex((candidate) => candidate.topic === topic);
    return { confidence, first: rank === 0, three: rank >= 0, given: given !== null };
  });
}

const share = (judged: readonly Judged[], test: (one: Judged) => boolean): number =>
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

function crossValidated(examples: readonly RouterExample[]): Judged[] {
  const order = shuffled(examples, seeded(SEED));
  return Array.from({ length: FOLDS }, (_, fold) =>
    judge(
      train(order.filter((_, i) => i % FOLDS !== fold)),
      order.filter((_, i) => i % FOLDS === fold),
    ),
  ).flat();
}

function fewShot(examples: readonly RouterExample[], perTopic: number): number {
  const runs = Array.from({ length: FEW_SHOT_RUNS }, (_, run) => {
    const taken = new Map<string, number>();
    const few: RouterExample[] = [];
    const rest: RouterExample[] = [];
    for (const example of shuffled(examples, seeded(SEED + 1 + run))) {
      const count = taken.get(example.topic) ?? 0;
      (count < perTopic ? few : rest).push(example);
      taken.set(example.topic, count + 1);
    }
    return share(judge(train(few), rest), (one) => one.first);
  });
  return mean(runs);
}

function leftOut(examples: readonly RouterExample[]): { separation: number[]; caught: number } {
  const separation: number[] = [];
  const caught: number[] = [];
  for (let run = 0; run < LEFT_OUT_RUNS; run++) {
    const random = seeded(SEED + 101 + run);
    const out = new Set(
      shuffled([...new Set(examples.map(({ topic }) => topic))].sort(), random).slice(0, LEFT_OUT_TOPICS),
    );
    const known = shuffled(
      examples.filter(({ topic }) => !out.has(topic)),
      random,
    );
    const model = train(known.filter((_, i) => i % FOLDS !== 0));
    const seen = judge(
      model,
      known.filter((_, i) => i % FOLDS === 0),
    );
    const unseen = judge(
      model,
      examples.filter(({ topic }) => out.has(topic)),
    );
    const confidences = (judged: Judged[]): number[] => judged.map(({ confidence }) => confidence);
    separation.push(auroc(confidences(seen), confidences(unseen)));
    caught.push(share(unseen, (one) => !one.given));
  }
  return { separation, caught: mean(caught) };
}

/** Milliseconds of a training, and the most MB it held over what was there before (garbage included). */
function measureTraining(examples: readonly RouterExample[]): { model: RouterModel; ms: number; mb: number } {
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = used();
  const start = performance.now();
  const steps = trainRouterInSteps(examples);
  let most = before;
  for (;;) {
    const step = steps.next();
    most = Math.max(most, used());
    if (!step.done) continue;
    if (step.value === null) throw new Error("There is nothing to learn from in this file.");
    return { model: step.value, ms: performance.now() - start, mb: (most - before) / 1e6 };
  }
}

/** Milliseconds per prediction over every message, after a warm-up. */
function measurePredictions(model: RouterModel, examples: readonly RouterExample[]): Float64Array {
  for (const { text } of examples.slice(0, 2_000)) routeMessage(model, text);
  return Float64Array.from(examples, ({ text }) => {
    const start = performance.now();
    routeMessage(model, text);
    return performance.now() - start;
  }).sort();
}

/** @param args the path of the CSV */
export async function benchRouter(args: string[]): Promise<void> {
  const [path] = args;
  if (path === undefined) {
    console.log(USAGE);
    process.exitCode = 1;
    return;
  }
  const examples = parseCsv(readFileSync(path, "utf8"));
  const topics = new Set(examples.map(({ topic }) => topic)).size;
  console.log(`${examples.length} messages, ${topics} topics, seed ${SEED}`);
  const training = measureTraining(examples);
  const file = encodeRouter(training.model);
  const times = measurePredictions(decodeRouter(file), examples);
  const folds = crossValidated(examples);
  const rows: [what: string, value: string, target: string][] = [];
  const percent = (value: number): string => `${(100 * value).toFixed(2)}%`;
  rows.push(["5-fold accuracy, best candidate", percent(share(folds, (one) => one.first)), ">= 90.5%"]);
  rows.push(["5-fold, right topic among three", percent(share(folds, (one) => one.three)), ">= 97%"]);
  rows.push(["5-fold, given a topic at all", percent(share(folds, (one) => one.given)), ""]);
  rows.push(["5-fold, right, where none counts as wrong", percent(share(folds, (one) => one.first && one.given)), ""]);
  rows.push(["5-fold calibration error (ECE, 10 bins)", calibrationError(folds).toFixed(4), "<= 0.05"]);
  for (const [perTopic, target] of [
    [10, ">= 74.5%"],
    [5, ">= 66%"],
  ] as const) {
    rows.push([`${perTopic} a topic, tested on the rest`, percent(fewShot(examples, perTopic)), target]);
  }
  if (topics > LEFT_OUT_TOPICS + 1) {
    const { separation, caught } = leftOut(examples);
    const each = separation.map((value) => value.toFixed(3)).join(" ");
    rows.push([`AUROC, ${LEFT_OUT_TOPICS} topics left out`, `${mean(separation).toFixed(4)} (${each})`, ">= 0.88"]);
    rows.push(["left-out topics answered none", percent(caught), ""]);
  }
  rows.push(["one prediction, mean", `${(1_000 * mean([...times])).toFixed(1)} µs`, ""]);
  rows.push(["one prediction, p99", `${(times[Math.floor(0.99 * times.length)] ?? 0).toFixed(3)} ms`, "<= 0.5 ms"]);
  rows.push(["file", `${(file.length / 1e6).toFixed(2)} MB`, "<= 1.5 MB"]);
  rows.push(["training with its cross-validation", `${(training.ms / 1_000).toFixed(1)} s`, "< 60 s"]);
  rows.push(["training, most memory held", `${training.mb.toFixed(0)} MB`, "< 90 MB"]);
  for (const [what, value, target] of rows) console.log(`${what.padEnd(44)}${value.padEnd(46)}${target}`);
}

if (import.meta.main) await benchRouter(process.argv.slice(2));
