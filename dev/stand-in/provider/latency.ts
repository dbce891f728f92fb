/** A call that takes longer than this many medians is cut to it, so that one draw cannot hang a run. */
const LONGEST = 20;

/**
 * What calls take, in milliseconds: lognormal, as measured times of servers are, since they have a floor and a tail.
 * @param spread sigma; 0.5 puts one call in twenty beyond 2.3 medians
 */
export function latencies(medianMs: number, spread: number, chance: () => number): () => number {
  if (medianMs <= 0) return () => 0;
  return () => {
    // Box and Muller's way from two even numbers to a normal one.
    const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
    return Math.round(medianMs * Math.min(LONGEST, Math.exp(spread * normal)));
  };
}
