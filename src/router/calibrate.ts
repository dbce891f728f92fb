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
/** Strength of the pull of the calibration's slopes to 1 and 0: decides only with a handful of messages. */
const SLOPE_PRIOR = 2;
const MIN_SLOPE = 0.05;
const NEWTON_STEPS = 50;

/**
 * The share of messages about topics that nobody recorded, as the confidence allows for them: some of every hundred. It
 * is fitted on held-out messages whose own topic is struck from the scores, which is as good as training without it
 * (within a point, by whole topics left out), and costs nothing. So much lets nine in ten messages of Banking77 pass and
 * stops half of those of topics left out. It grows with the messages a topic has: with few, known and unknown topics look alike, and
 * the allowance would stop as many right answers as wrong ones.
 */
const UNKNOWN_SHARE = 0.08;
const UNKNOWN_GROWS_AT = 20;
/** With fewer topics than this, what is left of the scores without one is too little to learn from. */
export const FEWEST_TOPICS = 5;

/**
 * The share of rightly routed messages that may be called unlike anything learned; these get no topic, whatever a wrong
 * one costs. Counted over right answers: with few examples many go wrong. With the confidence it stops 96% of questions
 * from another trade (public health) on Banking77.
 */
const LOST_SHARE = 0.005;

/** Turns scores into a confidence and a decision; stored with the model. */
export type Calibration = {
  /** confidence = 1 / (1 + exp(-(slope * familiarity + leadSlope * lead + offset))) */
  slope: number;
  leadSlope: number;
  offset: number;
  /** Below this familiarity a message is unlike what was learned: no topic. */
  threshold: number;
};

/** How a message's scores look. */
export interface Seen {
  /** The topic with the highest score, and that score. */
  winner: number;
  topScore: number;
  /** By how much the highest score is ahead of the second; 0 where there is no second. */
  lead: number;
  /** See `winnerShare` and `commonness`. */
  share: number;
  commonness: number;
}

/** What a model that has not seen a message said of it. */
export interface HeldOutMessage extends Seen {
  /** The message's own topic, and its score. */
  topic: number;
  ownScore: number;
  /** How it would look if its topic had never been recorded; null where the topics are too few to tell. */
  unknown: Seen | null;
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

/** Probability, 0..1, that the winner is the right topic. @param value the familiarity */
export function confidenceOf({ slope, leadSlope, offset }: Calibration, value: number, lead: number): number {
  return 1 / (1 + Math.exp(-(slope * value + leadSlope * lead + offset)));
}

/** The confidence from which naming a topic costs less than naming none. @param wrongCost of a wrong one, against none */
export function confidenceNeeded(wrongCost: number): number {
  return wrongCost / (1 + wrongCost);
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
  if (messages.length === 0) return { slope: 1, leadSlope: 0, offset: 0, threshold: 0 };
  const observe = ({ winner, topScore, lead, share, commonness: common }: Seen, right: boolean, weight: number) => {
    const value = familiarity(topScore, usual[winner] as number, share, common);
    return { value, lead, right, weight };
  };
  const judged = messages.map((message) => observe(message, message.winner === message.topic, 1));
  const strangers = messages.flatMap(({ unknown }) => unknown ?? []);
  const weight = weightOfUnknown(messages.length / usual.length) * (messages.length / (strangers.length || 1));
  const right = judged.filter((one) => one.right);
  const known = right.length > 0 ? right : judged;
  const values = Float64Array.from(known, ({ value }) => value);
  const threshold = lowQuantile(values, lostShare, (wordings * known.length) / messages.length);
  return { ...fitCurve([...judged, ...strangers.map((one) => observe(one, false, weight))]), threshold };
}

/** How many unknown messages are allowed for, for each that is known. @param perTopic messages a topic has */
function weightOfUnknown(perTopic: number): number {
  const share = (UNKNOWN_SHARE * perTopic) / (perTopic + UNKNOWN_GROWS_AT);
  return share / (1 - share);
}

type Observation = { value: number; lead: number; right: boolean; weight: number };

/**
 * Logistic regression with Platt's smoothed targets (Platt 1999), so that all right or all wrong gives no certainty, by
 * Newton's method. The lead is beside the familiarity: it tells right from wrong, and little about what is unknown.
 */
function fitCurve(observed: Observation[]): Omit<Calibration, "threshold"> {
  const sumOf = (of: (one: Observation) => number) => observed.reduce((sum, one) => sum + one.weight * of(one), 0);
  const all = sumOf(() => 1);
  const right = sumOf((one) => Number(one.right));
  const middle = sumOf(({ value }) => value) / all;
  const middleLead = sumOf(({ lead }) => lead) / all;
  const yes = (right + 1) / (right + 2);
  const no = 1 / (all - right + 2);
  let [slope, leadSlope, level] = [1, 0, Math.log((right + 1) / (all - right + 1))];
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const gradient: Triple = [SLOPE_PRIOR * (1 - slope), -SLOPE_PRIOR * leadSlope, 0];
    const curvature: Matrix = [
      [SLOPE_PRIOR, 0, 0],
      [0, SLOPE_PRIOR, 0],
      [0, 0, 1e-9],
    ];
    for (const one of observed) {
      const x: Triple = [one.value - middle, one.lead - middleLead, 1];
      const p = 1 / (1 + Math.exp(-(slope * x[0] + leadSlope * x[1] + level)));
      const error = one.weight * ((one.right ? yes : no) - p);
      const bend = one.weight * p * (1 - p);
      for (const i of AXES) {
        gradient[i] += error * x[i];
        for (const j of AXES) curvature[i][j] += bend * x[i] * x[j];
      }
    }
    // Steps are held to 1: far from the optimum Newton overshoots where the sigmoid is flat.
    const steps = solve(curvature, gradient).map((by) => Math.max(-1, Math.min(1, by))) as Triple;
    // Held up: what is more familiar, or further ahead, is never less sure.
    slope = Math.max(MIN_SLOPE, slope + steps[0]);
    leadSlope = Math.max(0, leadSlope + steps[1]);
    level += steps[2];
    if (steps.every((by) => Math.abs(by) < 1e-7)) break;
  }
  return { slope, leadSlope, offset: level - slope * middle - leadSlope * middleLead };
}

type Triple = [number, number, number];
type Matrix = [Triple, Triple, Triple];
const AXES = [0, 1, 2] as const;

/** Solves three linear equations (Cramer's rule). */
function solve(matrix: Matrix, right: Triple): Triple {
  const whole = determinant(matrix);
  const put = (column: 0 | 1 | 2) =>
    matrix.map((row, i) => row.map((value, j) => (j === column ? right[i] : value))) as Matrix;
  return [determinant(put(0)) / whole, determinant(put(1)) / whole, determinant(put(2)) / whole];
}

function determinant([[a, b, c], [d, e, f], [g, h, i]]: Matrix): number {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
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
