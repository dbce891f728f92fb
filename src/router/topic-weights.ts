import { BUCKETS } from "./features.ts";
import { bucketsOf, type TrainingSet } from "./training-set.ts";

/** Penalty on margin errors. Flat between 0.5 and 2 on short customer messages. */
const SVM_COST = 2;
/** Passes over the examples at most; most topics settle earlier. */
const MAX_EPOCHS = 10;
/** A pass whose largest projected gradient is below this ends the training of a topic. */
const TOLERANCE = 0.05;
/** An example this far on the right side of its margin is set aside until the rest has settled. */
const SHRINK_AT = 0.3;
/** Weight of naive Bayes next to the SVM: it ranks the runners-up better and steadies small topics. */
const BAYES_SHARE = 0.09;
/** Weight of the centroid: helps while topics have few examples, hurts later, so it fades with their mean number. */
const CENTROID_SHARE = 3;
const CENTROID_FADES_AT = 10;
/** The topic's name counts as this many messages in naive Bayes and the centroid: someone chose its words. */
const NAME_WEIGHT = 3;
/** Add-alpha smoothing of naive Bayes: small, as feature values are fractions of a unit vector. */
const BAYES_ALPHA = 0.01;

/** What all topics share of one selection of rows, made once. */
type Statistics = {
  set: TrainingSet;
  rows: Int32Array;
  /** 1 / sqrt(features) of each row of the set: the weight of each of its features. */
  unit: Float32Array;
  /** log((1 + n) / (1 + n with the feature)) + 1 */
  idf: Float32Array;
  /** 1 / length of each row under idf weights. */
  idfUnit: Float32Array;
  /** The mean length of a row under idf weights relative to its plain length. */
  idfScale: number;
  /** Mean over the topics of the naive Bayes log-probability, per bucket. */
  bayesMean: Float32Array;
};

/** Sums of idf-weighted unit vectors of one topic's rows, turned into naive Bayes log-probabilities in place. */
function bayesOf(stats: Statistics, topic: number, out: Float32Array): void {
  const { set, rows, idf, idfUnit } = stats;
  out.fill(0);
  let total = 0;
  for (const row of rows) {
    if (set.topicOf[row] !== topic) continue;
    const unit = (idfUnit[row] as number) * (set.isName[row] === 1 ? NAME_WEIGHT : 1);
    for (const id of bucketsOf(set, row)) {
      const value = (idf[id] as number) * unit;
      out[id] = (out[id] as number) + value;
      total += value;
    }
  }
  const rest = Math.log(total + BAYES_ALPHA * BUCKETS);
  for (let id = 0; id < BUCKETS; id++) out[id] = Math.log((out[id] as number) + BAYES_ALPHA) - rest;
}

/** @param rows the rows of the set to learn from (the others are held out) */
export function gatherStatistics(set: TrainingSet, rows: Int32Array): Statistics {
  const count = set.starts.length - 1;
  const unit = new Float32Array(count);
  const idf = new Float32Array(BUCKETS);
  const idfUnit = new Float32Array(count);
  for (let row = 0; row < count; row++) unit[row] = 1 / Math.sqrt(bucketsOf(set, row).length);
  for (const row of rows) for (const id of bucketsOf(set, row)) idf[id] = (idf[id] as number) + 1;
  for (let id = 0; id < BUCKETS; id++) idf[id] = Math.log((1 + rows.length) / (1 + (idf[id] as number))) + 1;
  let idfScale = 0;
  for (const row of rows) {
    let square = 0;
    for (const id of bucketsOf(set, row)) square += (idf[id] as number) ** 2;
    idfUnit[row] = 1 / Math.sqrt(square);
    idfScale += (Math.sqrt(square) * (unit[row] as number)) / rows.length;
  }
  const bayesMean = new Float32Array(BUCKETS);
  const stats: Statistics = { set, rows, unit, idf, idfUnit, idfScale, bayesMean };
  const one = new Float32Array(BUCKETS);
  for (let topic = 0; topic < set.topics.length; topic++) {
    bayesOf(stats, topic, one);
    for (let id = 0; id < BUCKETS; id++)
      bayesMean[id] = (bayesMean[id] as number) + (one[id] as number) / set.topics.length;
  }
  return stats;
}

/**
 * One topic against the rest: linear SVM with squared hinge loss by dual coordinate descent (Hsieh et al. 2008,
 * "A Dual Coordinate Descent Method for Large-scale Linear SVM"), with rows set aside once they are clearly right.
 */
function trainSvm({ set, rows, unit }: Statistics, topic: number, weights: Float32Array): void {
  const { ids, starts, topicOf } = set;
  const count = rows.length;
  const alpha = new Float32Array(count);
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const ridge = 0.5 / SVM_COST;
  weights.fill(0);
  // A fixed seed per topic: the same examples always give the same weights.
  let random = (topic + 1) * 0x9e3779b1;
  let active = count;
  for (let epoch = 0; epoch < MAX_EPOCHS; epoch++) {
    for (let i = active - 1; i > 0; i--) {
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      const j = (random >>> 0) % (i + 1);
      const swap = order[i] as number;
      order[i] = order[j] as number;
      order[j] = swap;
    }
    let worst = 0;
    for (let s = 0; s < active; s++) {
      const k = order[s] as number;
      const row = rows[k] as number;
      const from = starts[row] as number;
      const to = starts[row + 1] as number;
      const side = topicOf[row] === topic ? 1 : -1;
      const value = unit[row] as number;
      const old = alpha[k] as number;
      let sum = 0;
      for (let p = from; p < to; p++) sum += weights[ids[p] as number] as number;
      const gradient = side * sum * value - 1 + ridge * old;
      if (old === 0 && gradient >= 0) {
        if (gradient > SHRINK_AT && epoch > 0) {
          active--;
          order[s--] = order[active] as number;
          order[active] = k;
        }
        continue;
      }
      const updated = Math.max(0, old - gradient / (1 + ridge));
      const step = (updated - old) * side * value;
      if (step === 0) continue;
      alpha[k] = updated;
      worst = Math.max(worst, Math.abs(gradient));
      for (let p = from; p < to; p++) {
        const id = ids[p] as number;
        weights[id] = (weights[id] as number) + step;
      }
    }
    if (worst >= TOLERANCE) continue;
    if (active === count) break;
    active = count;
  }
}

const room = new Float32Array(BUCKETS);

/**
 * The weights of one topic, so that its score for a message is their sum over the message's features divided by the
 * root of the number of features. Linear SVM, naive Bayes on tf-idf and the centroid are all linear in the features,
 * so their blend is one vector.
 *
 * @param weights BUCKETS long, overwritten
 */
export function topicWeights(stats: Statistics, topic: number, weights: Float32Array): void {
  const { set, rows, unit, idf, idfScale, bayesMean } = stats;
  trainSvm(stats, topic, weights);
  bayesOf(stats, topic, room);
  for (let id = 0; id < BUCKETS; id++) {
    const bayes = (((room[id] as number) - (bayesMean[id] as number)) * (idf[id] as number)) / idfScale;
    weights[id] = (weights[id] as number) + BAYES_SHARE * bayes;
  }
  room.fill(0);
  for (const row of rows) {
    if (set.topicOf[row] !== topic) continue;
    const value = (unit[row] as number) * (set.isName[row] === 1 ? NAME_WEIGHT : 1);
    for (const id of bucketsOf(set, row)) room[id] = (room[id] as number) + value;
  }
  let square = 0;
  for (const value of room) square += value * value;
  const fade = CENTROID_FADES_AT / (CENTROID_FADES_AT + rows.length / set.topics.length);
  const share = square > 0 ? (CENTROID_SHARE * fade) / Math.sqrt(square) : 0;
  for (let id = 0; id < BUCKETS; id++) weights[id] = (weights[id] as number) + share * (room[id] as number);
}
