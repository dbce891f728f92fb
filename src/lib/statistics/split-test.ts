/*
 * The failures-only test (Lindon and Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022), on two
 * sides. What is split at random goes to one side, "plain", with a known probability. If the side changes nothing, each
 * event is a plain one with that very probability, however often events happen and however that drifts: what had no
 * event need not be known. All numbers hold however often somebody looks at them.
 */

/** Events of one probability; where it changed on the way there are several. */
export interface SplitCount {
  /** How likely each was to be a plain one, if the side changes nothing. */
  share: number;
  /** Events. */
  n: number;
  /** Of these, plain ones. */
  k: number;
}

export interface RelativeRisk {
  /** How likely the event is on the other side, compared with plain: below 1 it happens less often. */
  value: number;
  /** Of its 95% confidence sequence; 0 and Infinity where it is open. */
  low: number;
  high: number;
}

/** How sure the prior is that the side changes little: as if so many events had been seen. */
const PRIOR_EVENTS = 100;

/** Chance of ever finding an effect where there is none. */
export const ALPHA = 0.05;

/** Evidence from which an effect counts as found: natural logarithm of 1/α. */
export const FOUND = -Math.log(ALPHA);

/**
 * The evidence against a relative risk, as a natural logarithm: how much better a side that changes something explains
 * the events. Where the risk is true, it ever reaches ln(1/α) with probability α at most.
 * @param risk 1 for "it changes nothing"
 */
export function lnEvidence(counts: readonly SplitCount[], risk = 1): number {
  return telling(counts).reduce((sum, count) => sum + explained(count) - lnLikelihood(count, Math.log(risk)), 0);
}

/** The chance of as much evidence where the side changes nothing, at most; by the evidence as it stands. */
export function pValue(lnE: number): number {
  return Math.min(1, Math.exp(-lnE));
}

/**
 * The relative risk with its confidence sequence.
 * @returns null without an event, or where no one risk explains the events of all probabilities
 */
export function relativeRisk(counts: readonly SplitCount[], alpha = ALPHA): RelativeRisk | null {
  const known = telling(counts);
  const [n, k] = [sum(known, "n"), sum(known, "k")];
  if (n === 0) return null;
  // Evidence is convex in the logarithm of the risk; its slope there is k - Σ n·θ.
  const slope = (lnRisk: number) => k - known.reduce((all, count) => all + count.n * shareAt(count.share, lnRisk), 0);
  const best = k === 0 ? WIDEST : k === n ? -WIDEST : bisect(slope, -WIDEST, WIDEST);
  const against = (lnRisk: number) => lnEvidence(known, Math.exp(lnRisk)) + Math.log(alpha);
  if (against(best) >= 0) return null;
  const low = against(-WIDEST) < 0 ? 0 : Math.exp(bisect((s) => -against(s), -WIDEST, best));
  const high = against(WIDEST) < 0 ? Number.POSITIVE_INFINITY : Math.exp(bisect(against, best, WIDEST));
  const value = k === 0 ? Number.POSITIVE_INFINITY : k === n ? 0 : Math.exp(best);
  return { value, low, high };
}

/** More events than this times those seen are not foretold. */
const FURTHEST = 1_000;

/**
 * About how many more events it takes until an effect is found, if they go on as until now.
 * @returns 0 where it is found; null where there is no telling
 */
export function eventsUntilFound(counts: readonly SplitCount[]): number | null {
  const evidenceAt = (times: number) =>
    lnEvidence(counts.map(({ share, n, k }) => ({ share, n: n * times, k: k * times }))) - FOUND;
  const n = sum(telling(counts), "n");
  if (n === 0) return null;
  if (evidenceAt(1) >= 0) return 0;
  if (evidenceAt(FURTHEST) < 0) return null;
  return Math.ceil((bisect(evidenceAt, 1, FURTHEST) - 1) * n);
}

/** Risks under e^-30 and over e^30 are as good as 0 and infinite. */
const WIDEST = 30;

/** One count for each probability. Where everything went to one side, events say nothing. */
function telling(counts: readonly SplitCount[]): SplitCount[] {
  const all: SplitCount[] = [];
  for (const { share, n, k } of counts) {
    if (share <= 0 || share >= 1 || n === 0) continue;
    const same = all.find((other) => other.share === share);
    if (same === undefined) all.push({ share, n, k });
    else {
      same.n += n;
      same.k += k;
    }
  }
  return all;
}

function sum(counts: readonly SplitCount[], what: "n" | "k"): number {
  return counts.reduce((all, count) => all + count[what], 0);
}

/** How likely an event is a plain one, at a relative risk. */
function shareAt(share: number, lnRisk: number): number {
  return share / (share + Math.exp(lnRisk) * (1 - share));
}

/** The events' likelihood with a share that is not known: a Beta prior around the one of no effect. */
function explained({ share, n, k }: SplitCount): number {
  const [a, b] = [PRIOR_EVENTS * share, PRIOR_EVENTS * (1 - share)];
  return lnBeta(a + k, b + n - k) - lnBeta(a, b);
}

function lnLikelihood({ share, n, k }: SplitCount, lnRisk: number): number {
  // Of the two logarithms neither may see a share that was rounded to 1.
  const lnOdds = Math.log(share / (1 - share)) - lnRisk;
  return -k * Math.log1p(Math.exp(-lnOdds)) - (n - k) * Math.log1p(Math.exp(lnOdds));
}

/** Where a rising function crosses 0, between two places. */
function bisect(rising: (at: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function lnBeta(a: number, b: number): number {
  return lnGamma(a) + lnGamma(b) - lnGamma(a + b);
}

/** Stirling's series, from 10 on good to 1e-12; below, Γ(x) = Γ(x + 1) / x. */
function lnGamma(x: number): number {
  let [at, divisor] = [x, 1];
  for (; at < 10; at++) divisor *= at;
  const inverse = 1 / (at * at);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / at;
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - Math.log(divisor);
}
