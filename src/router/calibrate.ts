/** How sharply scores turn into shares of probability between topics. */
const SHARPNESS = 2;
/**
 * What makes a message look known, apart from the winner's score. Measured by leaving topics out, and on messages from
 * another trade: each separates known from unknown better, in small and in large data, than the score alone. The
 * score is compared with what the topic usually gives only by half: with few examples the usual score says little.
 */
const USUAL_WEIGHT = 0.5;
const SHARE_WEIGHT = 2;
const RARITY_WEIGHT = 2;
const LENGTH_WEIGHT = 1;
/** A topic's usual score is drawn to the mean of all topics as if by this many further messages. */
const USUAL_PRIOR = 5;
/** Strength of the pull of the calibration's slope to 1: decides only with a handful of messages. */
const SLOPE_PRIOR = 2;
const MIN_SLOPE = 0.05;
const NEWTON_STEPS = 50;

/**
 * The share of rightly routed messages that the threshold may cost; whatever is less familiar is answered "none". A
 * wrong lesson costs little where its confidence is given, a message without its lessons costs all they would have
 * brought. Counted over right answers: those that would go wrong are no loss, and with few examples they are many.
 * On Banking77 it leaves 90.7% of 91.1% right, and answers none to 93% of questions from another trade (public health)
 * and to 17% of those of topics left out; 0.01 would leave 90.3%, for 96% and 24%.
 */
const LOST_SHARE = 0.005;

/** Turns scores into a confidence and a decision; stored with the model. */
export type Calibration = {
  /** confidence = 1 / (1 + exp(-(slope * familiarity + offset))) */
  slope: number;
  offset: number;
  /** Below this familiarity a message is unlike what was learned: no topic. */
  threshold: number;
};

/** What a model that has not seen a message said of it. */
export interface HeldOutMessage {
  /** The message's own topic, and the one with the highest score. */
  topic: number;
  winner: number;
  /** The score of its own topic, and the highest. */
  ownScore: number;
  topScore: number;
  /** See `winnerShare` and `commonness`. */
  share: number;
  commonness: number;
}

export interface HeldOut {
  messages: HeldOutMessage[];
  /** How many different wordings they are: see `likeRows`. */
  wordings: number;
}

/** The winner's share of probability among all topics, 0..1 (softmax). */
export function winnerShare(scores: Float32Array, count: number, top: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp(SHARPNESS * ((scores[i] as number) - top));
  return 1 / sum;
}

/** What share of probability a topic gets, relative to the winner's: 0..1. */
export function relativeShare(score: number, top: number): number {
  return Math.exp(SHARPNESS * (score - top));
}

/**
 * How ordinary the wording is for the training data: rare features say that the message is about something else, and a
 * short message has fewer features to say so.
 *
 * @param idfSum sum of the features' idf
 */
export function commonness(idfSum: number, features: number): number {
  return LENGTH_WEIGHT * Math.log(features + 1) - (RARITY_WEIGHT * idfSum) / features;
}

/** One number for how much a message looks like what was learned; unbounded, higher is more. */
export function familiarity(topScore: number, usualScore: number, share: number, common: number): number {
  return topScore - USUAL_WEIGHT * usualScore + SHARE_WEIGHT * share + common;
}

/** Probability, 0..1, that the winner is the right topic. */
export function confidenceOf({ slope, offset }: Calibration, value: number): number {
  return 1 / (1 + Math.exp(-(slope * value + offset)));
}

/** The score that each topic usually gives to its own messages when it has not seen them. */
export function usualScores(messages: HeldOutMessage[], topics: number): Float32Array {
  const byTopic = Map.groupBy(messages, ({ topic }) => topic);
  const sumOf = (some: HeldOutMessage[]) => some.reduce((sum, { ownScore }) => sum + ownScore, 0);
  const mean = messages.length > 0 ? sumOf(messages) / messages.length : 0;
  return Float32Array.from({ length: topics }, (_, topic) => {
    const own = byTopic.get(topic) ?? [];
    return (sumOf(own) + USUAL_PRIOR * mean) / (own.length + USUAL_PRIOR);
  });
}

/**
 * Fits confidence and threshold to held-out messages: the curve, and the threshold that costs `lostShare`.
 *
 * @param usual from `usualScores` of the same messages
 */
export function calibrate({ messages, wordings }: HeldOut, usual: Float32Array, lostShare = LOST_SHARE): Calibration {
  if (messages.length === 0) return { slope: 1, offset: 0, threshold: 0 };
  const judged = messages.map(({ topic, winner, topScore, share, commonness: common }) => ({
    value: familiarity(topScore, usual[winner] as number, share, common),
    right: winner === topic,
  }));
  const right = judged.filter((one) => one.right);
  const known = right.length > 0 ? right : judged;
  const values = Float64Array.from(known, ({ value }) => value);
  const threshold = lowQuantile(values, lostShare, (wordings * known.length) / messages.length);
  return { ...fitCurve(judged, right.length), threshold };
}

/**
 * Platt scaling (Platt 1999, with his smoothed targets, so that all right or all wrong gives no certainty) by Newton's
 * method.
 */
function fitCurve(judged: { value: number; right: boolean }[], right: number): Pick<Calibration, "slope" | "offset"> {
  const mean = judged.reduce((sum, { value }) => sum + value / judged.length, 0);
  const yes = (right + 1) / (right + 2);
  const no = 1 / (judged.length - right + 2);
  let slope = 1;
  let level = Math.log((right + 1) / (judged.length - right + 1));
  for (let step = 0; step < NEWTON_STEPS; step++) {
    let gSlope = SLOPE_PRIOR * (1 - slope);
    let gLevel = 0;
    let hSlope = SLOPE_PRIOR;
    let hLevel = 1e-9;
    let hBoth = 0;
    for (const one of judged) {
      const x = one.value - mean;
      const p = 1 / (1 + Math.exp(-(slope * x + level)));
      const error = (one.right ? yes : no) - p;
      const weight = p * (1 - p);
      gSlope += error * x;
      gLevel += error;
      hSlope += weight * x * x;
      hLevel += weight;
      hBoth += weight * x;
    }
    const det = hSlope * hLevel - hBoth * hBoth;
    const bySlope = (hLevel * gSlope - hBoth * gLevel) / det;
    const byLevel = (hSlope * gLevel - hBoth * gSlope) / det;
    // Steps are held to 1: far from the optimum Newton overshoots where the sigmoid is flat.
    slope = Math.max(MIN_SLOPE, slope + Math.max(-1, Math.min(1, bySlope)));
    level += Math.max(-1, Math.min(1, byLevel));
    if (Math.abs(bySlope) + Math.abs(byLevel) < 1e-7) break;
  }
  return { slope, offset: level - slope * mean };
}

/** 99.5% of a normal distribution lie above its mean less this many standard deviations. */
const FAR_BELOW = 2.576;

/**
 * What right values scatter by where little is known yet, as if seen in this many wordings. Banking77 has 1.3 to 1.5 from
 * two messages a topic to all of them; less is assumed, so that two wordings do not let everything pass.
 */
const USUAL_SCATTER = 1;
const SCATTER_PRIOR = 4;

/**
 * The value that `share` of the values lie below. Fewer wordings than one per share do not show it: then as if they
 * were normally distributed, because the lowest of forty values is no limit for the next forty.
 * @param wordings how many of the values come from different wordings
 */
function lowQuantile(values: Float64Array, share: number, wordings: number): number {
  const sorted = values.toSorted();
  const seen = sorted[Math.floor(share * sorted.length)] as number;
  if (wordings * share >= 1) return seen;
  const mean = sorted.reduce((sum, value) => sum + value / sorted.length, 0);
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2 / sorted.length, 0);
  const scatter = (wordings * variance + SCATTER_PRIOR * USUAL_SCATTER ** 2) / (wordings + SCATTER_PRIOR);
  return Math.min(seen, mean - FAR_BELOW * Math.sqrt(scatter));
}
