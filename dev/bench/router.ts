import { readFileSync } from "node:fs";
import { mean } from "../../src/lib/statistics/estimates.ts";
import { routeMessage } from "../../src/router/route-message.ts";
import { decodeRouter, encodeRouter } from "../../src/router/router-file.ts";
import type { RouterModel } from "../../src/router/router-model.ts";
import { trainRouter, trainRouterInSteps } from "../../src/router/train-router.ts";
import type { RouterExample } from "../../src/router/training-set.ts";
import { inputFile, readArguments } from "../lib/arguments.ts";
import {
  auroc,
  calibrationError,
  FOLDS,
  firstOfEach,
  type Judged,
  LEFT_OUT_TOPICS,
  parseCsv,
  SEED,
  share,
  split,
  withoutTopics,
} from "../lib/labelled-messages.ts";
import { seeded, shuffled } from "../lib/seeded.ts";
import { plainTable } from "../lib/terminal.ts";

const FEW_SHOT_RUNS = 5;
const LEFT_OUT_RUNS = 5;
const COST_RUNS = 3;
/** Messages a topic; the last is all there are. */
const SIZES = [5, 10, 20, Number.POSITIVE_INFINITY];
/** What a wrong topic costs relative to none: ROUTER_WRONG_COST. */
const COSTS = [0.5, 1, 2];

const USAGE = `npm run bench -- router FILE.csv

How well, how fast and how large the router is, on your own labelled messages. FILE.csv has a header line and the
columns text,category (quoted where needed): customer messages and their topics.
The second table says what becomes of messages by how many a topic has and by what a wrong topic costs
(ROUTER_WRONG_COST), and of messages of ${LEFT_OUT_TOPICS} topics that were left out.
Redraft ships none; Banking77 (PolyAI, CC BY 4.0) has this shape.`;

function train(examples: readonly RouterExample[]): RouterModel {
  const model = trainRouter(examples);
  if (model === null) throw new Error("There is nothing to learn from in this file.");
  return model;
}

function judge(model: RouterModel, examples: readonly RouterExample[], wrongCost?: number): Judged[] {
  return examples.map(({ text, topic }) => {
    const { candidates, confidence, topic: given } = routeMessage(model, text, wrongCost);
    const rank = candidates.findIndex((candidate) => candidate.topic === topic);
    return { confidence, first: rank === 0, three: rank >= 0, given: given !== null };
  });
}

function crossValidated(examples: readonly RouterExample[]): Judged[] {
  const order = shuffled(examples, seeded(SEED));
  return Array.from({ length: FOLDS }, (_, fold) => {
    const { learned, heldBack } = split(order, fold);
    return judge(train(learned), heldBack);
  }).flat();
}

function fewShot(examples: readonly RouterExample[], perTopic: number): number {
  const runs = Array.from({ length: FEW_SHOT_RUNS }, (_, run) => {
    const { few, rest } = firstOfEach(shuffled(examples, seeded(SEED + 1 + run)), perTopic);
    return share(judge(train(few), rest), (one) => one.first);
  });
  return mean(runs);
}

function leftOut(examples: readonly RouterExample[]): { separation: number[]; caught: number } {
  const separation: number[] = [];
  const caught: number[] = [];
  for (let run = 0; run < LEFT_OUT_RUNS; run++) {
    const random = seeded(SEED + 101 + run);
    const { known, unseen: others } = withoutTopics(examples, random);
    const { learned, heldBack } = split(shuffled(known, random), 0);
    const model = train(learned);
    const [seen, unseen] = [judge(model, heldBack), judge(model, others)];
    const confidences = (judged: Judged[]): number[] => judged.map(({ confidence }) => confidence);
    separation.push(auroc(confidences(seen), confidences(unseen)));
    caught.push(share(unseen, (one) => !one.given));
  }
  return { separation, caught: mean(caught) };
}

interface Outcome {
  perTopic: number;
  cost: number;
  seen: Judged[];
  unseen: Judged[];
}

/** What becomes of held-back messages, and of those of topics left out, by training size and cost. */
function byCost(examples: readonly RouterExample[]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const perTopic of SIZES) {
    const runs = Array.from({ length: COST_RUNS }, (_, run) => {
      const random = seeded(SEED + 201 + run);
      const { known, unseen } = withoutTopics(examples, random);
      const { learned, heldBack } = split(shuffled(known, random), 0);
      return { model: train(firstOfEach(learned, perTopic).few), heldBack, unseen };
    });
    for (const cost of COSTS) {
      const of = (kind: "heldBack" | "unseen") => runs.flatMap((one) => judge(one.model, one[kind], cost));
      outcomes.push({ perTopic, cost, seen: of("heldBack"), unseen: of("unseen") });
    }
  }
  return outcomes;
}

function costTable(outcomes: Outcome[]): string {
  const percent = (judged: Judged[], test: (one: Judged) => boolean) => `${(100 * share(judged, test)).toFixed(1)}%`;
  const titles = ["a topic", "cost", "right", "wrong", "none", "right of named", "unknown: none", "sure", "are right"];
  return plainTable(
    [...titles, "ECE"],
    outcomes.map(({ perTopic, cost, seen, unseen }) => [
      Number.isFinite(perTopic) ? String(perTopic) : "all",
      String(cost),
      percent(seen, (one) => one.given && one.first),
      percent(seen, (one) => one.given && !one.first),
      percent(seen, (one) => !one.given),
      percent(
        seen.filter((one) => one.given),
        (one) => one.first,
      ),
      percent(unseen, (one) => !one.given),
      `${(100 * mean(seen.map(({ confidence }) => confidence))).toFixed(1)}%`,
      percent(seen, (one) => one.first),
      calibrationError(seen).toFixed(3),
    ]),
  );
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

export async function benchRouter(args: string[]): Promise<void> {
  const { positionals } = readArguments(args, USAGE, {});
  const examples = parseCsv(readFileSync(inputFile(positionals[0], USAGE), "utf8"));
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
  console.log(plainTable(["what", "value", "target"], rows));
  if (topics > LEFT_OUT_TOPICS + 1) console.log(`\n${costTable(byCost(examples))}`);
}
