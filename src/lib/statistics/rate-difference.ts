import { sequenceReach } from "./mean-sequence.ts";

/** How many had an event, of how many. */
export interface Rate {
  n: number;
  events: number;
}

/** What was split with one probability; where it changed on the way there are several. */
export interface SplitRates {
  plain: Rate;
  other: Rate;
}

export interface RateDifference {
  /** Rate of the other side less the plain one's: below 0 the event happens less often. */
  value: number;
  low: number;
  high: number;
}

/** The number of observations for which the sequence is narrowest. */
const TIGHTEST_AT = 1_000;

/** With fewer events, or fewer without one, on either side, a rate is not normal enough for the interval to hold. */
const FEWEST = 20;

/**
 * The difference of two rates with its 95% asymptotic confidence sequence. Each probability is a stratum, weighted by its
 * size: a drift of the rates from one to the next is then no difference.
 * @returns null while there is too little of one side
 */
export function rateDifference(strata: readonly SplitRates[]): RateDifference | null {
  const telling = strata.filter(({ plain, other }) => Math.min(plain.n, other.n) > 1);
  const sides = [telling.map(({ plain }) => plain), telling.map(({ other }) => other)];
  const enough = sides.every(
    (rates) => Math.min(total(rates, "events"), total(rates, "n") - total(rates, "events")) >= FEWEST,
  );
  if (!enough) return null;
  const n = total(sides.flat(), "n");
  let [value, variance] = [0, 0];
  for (const { plain, other } of telling) {
    const weight = (plain.n + other.n) / n;
    value += weight * (other.events / other.n - plain.events / plain.n);
    variance += weight ** 2 * (varianceOf(other) + varianceOf(plain));
  }
  const reach = sequenceReach(Math.sqrt(variance), n, TIGHTEST_AT);
  return { value, low: Math.max(-1, value - reach), high: Math.min(1, value + reach) };
}

function total(rates: readonly Rate[], what: keyof Rate): number {
  return rates.reduce((sum, rate) => sum + rate[what], 0);
}

function varianceOf({ n, events }: Rate): number {
  return ((events / n) * (1 - events / n)) / (n - 1);
}
