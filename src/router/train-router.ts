import {
  calibrate,
  commonness,
  FEWEST_TOPICS,
  type HeldOut,
  type HeldOutMessage,
  type Seen,
  usualScores,
  winnerShare,
} from "./calibrate.ts";
import { BUCKETS } from "./features.ts";
import type { RouterModel } from "./router-model.ts";
import { gatherStatistics, topicWeights } from "./topic-weights.ts";
import { bucketsOf, buildTrainingSet, likeRows, type RouterExample, type TrainingSet } from "./training-set.ts";
import { emptyWeights, setColumn, type WeightTable } from "./weight-table.ts";

/** Parts of the cross-validation that the confidence is fitted on. */
const FOLDS = 5;

/**
 * Rows of each fold: the examples of every topic are dealt out in turn, so that all folds see all topics, and
 * wordings that are nearly the same go to one fold. Held out without its twin a message would look as if the router
 * knew every message so well, and whatever is not worded like a twin would be answered "none".
 */
function foldOfRows(set: TrainingSet, likeness: Int32Array): Int8Array {
  const dealt = new Uint32Array(set.topics.length);
  const folds = new Int8Array(set.topicOf.length).fill(-1);
  for (let row = 0; row < folds.length; row++) {
    if (set.isName[row] === 1) continue;
    const like = likeness[row] as number;
    const topic = set.topicOf[row] as number;
    if (like !== row) {
      folds[row] = folds[like] as number;
      continue;
    }
    const turn = dealt[topic] as number;
    dealt[topic] = turn + 1;
    folds[row] = (turn + topic) % FOLDS;
  }
  return folds;
}

function rowsWhere(set: TrainingSet, keep: (row: number) => boolean): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < set.topicOf.length; row++) if (keep(row)) rows.push(row);
  return Int32Array.from(rows);
}

/** Scores every example by a model that has not seen it; yields after each topic of each fold. */
function* crossValidate(set: TrainingSet): Generator<void, HeldOut, void> {
  const topics = set.topics.length;
  const likeness = likeRows(set);
  const folds = foldOfRows(set, likeness);
  const messages: HeldOutMessage[] = [];
  const weights = new Float32Array(BUCKETS);
  for (let fold = 0; fold < FOLDS; fold++) {
    const tested = rowsWhere(set, (row) => folds[row] === fold);
    if (tested.length === 0) continue;
    const learned = rowsWhere(set, (row) => folds[row] !== fold);
    const stats = gatherStatistics(set, learned);
    // Topic after topic, so that never more than one topic's weights are held as floats.
    const scores = new Float32Array(tested.length * topics);
    for (let topic = 0; topic < topics; topic++) {
      topicWeights(stats, topic, weights);
      tested.forEach((row, i) => {
        scores[i * topics + topic] = sumOver(bucketsOf(set, row), weights) * (stats.unit[row] as number);
      });
      yield;
    }
    tested.forEach((row, i) => {
      const own = scores.subarray(i * topics, (i + 1) * topics);
      const buckets = bucketsOf(set, row);
      const topic = set.topicOf[row] as number;
      const ownScore = own[topic] as number;
      const common = commonness(sumOver(buckets, stats.idf), buckets.length);
      const known = look(own, common);
      own[topic] = Number.NEGATIVE_INFINITY;
      messages.push({ ...known, topic, ownScore, unknown: topics < FEWEST_TOPICS ? null : look(own, common) });
    });
  }
  const wordings = likeness.filter((like, row) => like === row && set.isName[row] !== 1).length;
  return { messages, wordings };
}

function look(scores: Float32Array, common: number): Seen {
  let winner = 0;
  let second = Number.NEGATIVE_INFINITY;
  for (let topic = 1; topic < scores.length; topic++) {
    const score = scores[topic] as number;
    if (score > (scores[winner] as number)) {
      second = scores[winner] as number;
      winner = topic;
    } else second = Math.max(second, score);
  }
  const topScore = scores[winner] as number;
  const lead = Number.isFinite(second) ? topScore - second : 0;
  return { winner, topScore, lead, share: winnerShare(scores, scores.length, topScore), commonness: common };
}

function sumOver(buckets: Uint16Array, values: Float32Array): number {
  let sum = 0;
  for (const bucket of buckets) sum += values[bucket] as number;
  return sum;
}

/** Writes one column as bytes and returns what 1 means. */
function quantise(values: Float32Array, table: WeightTable, column: number): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const scale = Math.fround(largest > 0 ? largest / 127 : 1);
  setColumn(table, column, (bucket) => Math.round((values[bucket] as number) / scale));
  return scale;
}

/**
 * Training in pieces: yields some hundred times, after some milliseconds of work each, so that the caller can let
 * others run. The model depends on the set of examples only, not on their order, the clock or chance.
 *
 * @returns the model, or null where there is nothing to learn from (no example with a letter, digit or emoji)
 */
export function* trainRouterInSteps(examples: Iterable<RouterExample>): Generator<void, RouterModel | null, void> {
  const set = buildTrainingSet(examples);
  const topics = set.topics.length;
  if (set.examples === 0) return null;
  yield;
  const heldOut = yield* crossValidate(set);
  const usual = usualScores(heldOut.messages, topics);
  const everyRow = rowsWhere(set, () => true);
  const stats = gatherStatistics(set, everyRow);
  const weights = emptyWeights(topics + 1);
  const scales = new Float32Array(topics + 1);
  const one = new Float32Array(BUCKETS);
  for (let topic = 0; topic < topics; topic++) {
    topicWeights(stats, topic, one);
    scales[topic] = quantise(one, weights, topic);
    yield;
  }
  scales[topics] = quantise(stats.idf, weights, topics);
  const calibration = calibrate(heldOut, usual);
  return { topics: set.topics, weights, scales, usual, calibration, examples: set.examples };
}

/** Trains in one go: see `trainRouterInSteps`. */
export function trainRouter(examples: Iterable<RouterExample>): RouterModel | null {
  const steps = trainRouterInSteps(examples);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Trains and awaits `pause` between the steps, so that a Worker goes on answering: see `trainRouterInSteps`. */
export async function trainRouterGently(
  examples: Iterable<RouterExample>,
  pause: () => Promise<void>,
): Promise<RouterModel | null> {
  const steps = trainRouterInSteps(examples);
  let step = steps.next();
  for (; !step.done; step = steps.next()) await pause();
  return step.value;
}
