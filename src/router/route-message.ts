import { commonness, confidenceNeeded, confidenceOf, familiarity, relativeShare, winnerShare } from "./calibrate.ts";
import { BUCKETS, writeFeatures } from "./features.ts";
import { MAX_TOPICS, type RouterModel } from "./router-model.ts";
import { sumWeights } from "./weight-table.ts";

/** The runner-up is named when it is at least this likely relative to the winner. */
const RUNNER_UP_RATIO = 0.4;
const CANDIDATES = 3;

export type Candidate = {
  topic: string;
  /** Probability, 0..1, that this is the right topic. */
  confidence: number;
};

export type Route = {
  /** The topic, or null when none is likely enough, or the message is unlike anything the router has learned. */
  topic: string | null;
  /** Probability, 0..1, that the best candidate is right; given for a null topic, too. */
  confidence: number;
  candidates: Candidate[];
  /** The second topic where it is nearly as likely as the first: worth offering both. */
  runnerUp: string | null;
};

// Scratch space of the module: routing is synchronous, so calls never overlap.
const features = new Uint16Array(BUCKETS);
// Columns are topics and the idf, rounded up to whole words.
const sums = new Int32Array(MAX_TOPICS + 4);
const scores = new Float32Array(MAX_TOPICS);

/** The topics with the highest scores, best first; among equals the first by name. */
function bestTopics(topics: number): number[] {
  const best: number[] = [];
  for (let topic = 0; topic < topics; topic++) {
    const score = scores[topic] as number;
    const last = best[CANDIDATES - 1];
    if (last !== undefined && score <= (scores[last] as number)) continue;
    let place = last === undefined ? best.length : CANDIDATES - 1;
    for (; place > 0 && (scores[best[place - 1] as number] as number) < score; place--) {
      best[place] = best[place - 1] as number;
    }
    best[place] = topic;
  }
  return best;
}

/**
 * Names the topic that a customer message most likely belongs to, or none where a wrong one is to be
 * expected to cost more.
 *
 * @param text any text; only its first 2,000 characters are read
 * @param wrongCost what a wrong topic costs relative to none
 */
export function routeMessage(model: RouterModel, text: string, wrongCost = 1): Route {
  const topics = model.topics.length;
  const count = writeFeatures(text, features);
  if (count === 0 || topics === 0) return { topic: null, confidence: 0, candidates: [], runnerUp: null };
  sumWeights(model.weights, features, count, sums);
  const unit = 1 / Math.sqrt(count);
  for (let topic = 0; topic < topics; topic++) {
    scores[topic] = (sums[topic] as number) * (model.scales[topic] as number) * unit;
  }
  const best = bestTopics(topics);
  const winner = best[0] as number;
  const top = scores[winner] as number;
  const share = winnerShare(scores, topics, top);
  const idfSum = (sums[topics] as number) * (model.scales[topics] as number);
  const value = familiarity(top, model.usual[winner] as number, share, commonness(idfSum, count));
  const second = best[1];
  const secondScore = second === undefined ? top : (scores[second] as number);
  const confidence = confidenceOf(model.calibration, value, top - secondScore);
  const known = value >= model.calibration.threshold && confidence >= confidenceNeeded(wrongCost);
  const close = second !== undefined && relativeShare(secondScore, top) >= RUNNER_UP_RATIO;
  return {
    topic: known ? (model.topics[winner] as string) : null,
    confidence,
    candidates: best.map((topic, rank) => {
      if (rank === 0) return { topic: model.topics[topic] as string, confidence };
      const relative = relativeShare(scores[topic] as number, top);
      // What the winner leaves over, by share; never more than the winner's own times their ratio.
      const left = share < 1 ? ((1 - confidence) * relative * share) / (1 - share) : 0;
      return { topic: model.topics[topic] as string, confidence: Math.min(confidence * relative, left) };
    }),
    runnerUp: known && close ? (model.topics[second] as string) : null,
  };
}
