import type { AuditVerdict, auditDraws } from "../../db/schema/audit.ts";
import { agreementEstimate } from "../../lib/statistics/agreement.ts";
import { correctedShare } from "../../lib/statistics/corrected-share.ts";
import type { Share } from "../../lib/statistics/estimates.ts";
import { sequenceReach } from "../../lib/statistics/mean-sequence.ts";
import {
  type Labelled,
  type MeanOfSample,
  momentsOf,
  predictionPowered,
  sampleMean,
} from "../../lib/statistics/prediction-powered.ts";
import { conclude, FEWEST_RATED } from "./conclude.ts";
import { POINTS_A_STEP, toHundred } from "./population.ts";
import type { AuditOutput } from "./schemas.ts";

/** Below this an interval is not worth showing: simulated, those of fewer ratings miss too often. */
const FEWEST_FOR_INTERVAL = 10;

/** Ratings of people that the judge was right or wrong about, on each side, before its share is corrected by them. */
const FEWEST_EACH_SIDE = 5;

/** The number of ratings for which the confidence sequence is tightest: an afternoon of a few people. */
const TIGHTEST_AT = 100;

/**
 * What a person's gain varies by at least. It comes in steps, so that ratings which all agree still hide what lies
 * within a step: the variance of rounding (step²/12; Sheppard 1898), once for each reply.
 */
const LEAST_VARIANCE = (2 * POINTS_A_STEP ** 2) / 12;

export type Draw = Pick<typeof auditDraws.$inferSelect, "id" | "probability" | "boundary">;

/** An item that was drawn and counts, with what people said of it. */
export interface DrawnItem {
  seq: number;
  drawId: string;
  /** The judge's. */
  gain: number;
  labels: { person: string; oldRating: number; newRating: number; better: AuditVerdict }[];
  /** People who could not tell. */
  unsure: number;
}

/** Of improvements: how many, their gains added up, and squared; how many the judge holds to be better. */
export interface Gains {
  n: number;
  sum: number;
  squares: number;
  better: number;
}

export interface Known {
  draws: Draw[];
  items: DrawnItem[];
  /** Of all improvements whose gain counts, and of those up to the boundary of the last draw that people rated. */
  all: Gains;
  covered: Gains;
}

/** The gain by the judge, by people, and by both. */
export function estimateAudit({ draws, items, all, covered }: Known): AuditOutput {
  const rated = items.filter(({ labels }) => labels.length > 0);
  const probability = probabilities(draws, items);
  const sample = rated.map((item) => ({ ...item, ...labelledOf(item, probability(item.seq)) }));
  const weights = sample.map(({ weight }) => weight);
  const alone = sampleMean(
    sample.map(({ label }) => label),
    weights,
    LEAST_VARIANCE,
  );
  const both = predictionPowered(sample, othersThan(sample, covered), { leastVariance: LEAST_VARIANCE });
  const judged = covered.n > 0 ? covered : all;
  const known = {
    ...{ population: all.n, covered: covered.n, drawn: items.length, rated: rated.length },
    unsure: items.filter(({ labels, unsure }) => labels.length === 0 && unsure > 0).length,
    people: new Set(rated.flatMap(({ labels }) => labels.map(({ person }) => person.toLowerCase()))).size,
    gain: {
      judge: judged.n === 0 ? null : { value: judged.sum / judged.n, n: judged.n },
      people: shown(alone, rated.length),
      prediction_powered: both && { ...(shown(both, rated.length) as Shown), lambda: both.lambda },
    },
    share_better: shareBetter(sample, judged),
    agreement: agreementOf(rated),
  };
  return { ...known, ...conclude(known, Math.floor((alone?.effective ?? 0) + 1e-9)) };
}

/**
 * The probability of an improvement to be among the rated: that the first draw took it, or else the next one, and so on;
 * and that its item there is rated. Within a draw people go in random order, so those who are rated so far are a random
 * part of it.
 * @param draws in the order in which they were made
 */
export function probabilities(draws: Draw[], items: DrawnItem[]): (seq: number) => number {
  const byDraw = Map.groupBy(items, ({ drawId }) => drawId);
  const chances = draws.map(({ id, probability, boundary }) => {
    const own = byDraw.get(id) ?? [];
    const answered = own.filter(({ labels }) => labels.length > 0).length;
    return { boundary, probability, answered: own.length === 0 ? 0 : answered / own.length };
  });
  return (seq) => {
    let [rated, open] = [0, 1];
    for (const { probability, answered } of chances.filter(({ boundary }) => boundary >= seq)) {
      rated += open * probability * answered;
      open *= 1 - probability;
    }
    return rated;
  };
}

/** People's gain is the mean over those who rated it. */
function labelledOf({ labels, gain }: DrawnItem, probability: number): Labelled & { isBetter: boolean } {
  const gains = labels.map(({ oldRating, newRating }) => toHundred(newRating) - toHundred(oldRating));
  const votes = labels.reduce((sum, { better }) => sum + (better === "new" ? 1 : better === "old" ? -1 : 0), 0);
  return { label: momentsOf(gains).mean, prediction: gain, weight: 1 / probability, isBetter: votes > 0 };
}

function othersThan(sample: Labelled[], { n, sum, squares }: Gains) {
  const left = n - sample.length;
  if (left <= 0) return { n: 0, mean: 0, variance: 0 };
  const mean = (sum - sample.reduce((all, { prediction }) => all + prediction, 0)) / left;
  const rest = squares - sample.reduce((all, { prediction }) => all + prediction ** 2, 0);
  return { n: left, mean, variance: left < 2 ? 0 : Math.max(0, (rest - left * mean ** 2) / (left - 1)) };
}

type Shown = NonNullable<AuditOutput["gain"]["people"]>;

/** A mean with an interval that may be looked at at any time. */
function shown(mean: MeanOfSample | null, n: number): Shown | null {
  if (mean === null) return null;
  const { value, standardError, effective } = mean;
  const reach = effective + 1e-9 < FEWEST_FOR_INTERVAL ? null : sequenceReach(standardError, effective, TIGHTEST_AT);
  const held = (points: number) => Math.min(100, Math.max(-100, points));
  return {
    ...{ value, standard_error: standardError, n },
    low: reach === null ? null : held(value - reach),
    high: reach === null ? null : held(value + reach),
  };
}

function shareBetter(sample: (Labelled & { isBetter: boolean })[], judged: Gains): AuditOutput["share_better"] {
  const side = (isBetter: boolean) => {
    const own = sample.filter((item) => item.isBetter === isBetter);
    return { items: own.length, ...weightedShare(own, ({ prediction }) => prediction > 0 === isBetter) };
  };
  const [positives, negatives] = [side(true), side(false)];
  const enough = Math.min(positives.items, negatives.items) >= FEWEST_EACH_SIDE && sample.length >= FEWEST_RATED;
  const corrected = enough ? correctedShare({ n: judged.n, count: judged.better }, { negatives, positives }) : null;
  const right = ({ items, n, count }: Share & { items: number }) => ({ n: items, share: n === 0 ? null : count / n });
  return {
    judge: judged.n === 0 ? null : judged.better / judged.n,
    judge_right: { where_better: right(positives), where_not: right(negatives) },
    corrected: corrected && { ...corrected, n: sample.length },
  };
}

/** A share of a weighted sample, as one of so many items of equal weight as tell as much (Kish 1965). */
function weightedShare(items: Labelled[], isCounted: (item: Labelled) => boolean): Share {
  const total = items.reduce((sum, { weight }) => sum + weight, 0);
  const squares = items.reduce((sum, { weight }) => sum + weight ** 2, 0);
  const counted = items.reduce((sum, item) => sum + (isCounted(item) ? item.weight : 0), 0);
  const n = total === 0 ? 0 : total ** 2 / squares;
  return { n, count: total === 0 ? 0 : n * (counted / total) };
}

function agreementOf(rated: DrawnItem[]): AuditOutput["agreement"] {
  const verdicts = rated.map(({ labels }) => labels.map(({ better }) => better)).filter(({ length }) => length > 1);
  return { items: verdicts.length, alpha: agreementEstimate(verdicts) };
}
