import type { AuditOutput } from "./schemas.ts";

/** From here on a conclusion is drawn: simulated, earlier ones are wrong more often than they say. */
export const FEWEST_RATED = 30;

/** Where people could not tell of more than this share of what they saw, the rest is no random sample any more. */
const MOST_UNSURE = 0.2;

type Known = Omit<AuditOutput, "concludes" | "conclusion">;

/**
 * What may be concluded from the audit, in plain sentences. The rule: at least thirty rated items, counted by their
 * weight, at most a fifth of which nobody could tell; then what the interval of the corrected gain excludes.
 * @param effective how many items of equal weight the rated ones tell as much as
 */
export function conclude(known: Known, effective: number): Pick<AuditOutput, "concludes" | "conclusion"> {
  const { rated, unsure, gain, population, covered } = known;
  const { judge, prediction_powered: both } = gain;
  const refused = (conclusion: string) => ({ concludes: false, conclusion });
  if (population === 0) return refused("There is no gain to audit yet.");
  if (rated === 0)
    return refused("No person has rated replies of the audit yet, so the mean gain is the judge's word alone.");
  if (effective < FEWEST_RATED) {
    const sofar = `${rated} ${rated === 1 ? "item is" : "items are"} rated`;
    const counting = effective < rated ? `, which tell as much as ${effective} of equal weight` : "";
    return refused(`${sofar}${counting}: too few to conclude anything. From ${FEWEST_RATED} on this says what holds.`);
  }
  if (unsure > MOST_UNSURE * (rated + unsure))
    return refused(
      `Of ${unsure} of ${rated + unsure} items people could not tell, more than a fifth: what is left is no random sample, and nothing is concluded.`,
    );
  if (judge === null || both?.low == null || both.high == null) return refused("The ratings give no interval yet.");
  const interval = { low: both.low, high: both.high };
  return {
    concludes: true,
    conclusion: [aboutGain(interval), aboutJudge(judge.value, interval), aboutNewer(population - covered)]
      .filter((sentence) => sentence !== "")
      .join(" "),
  };
}

interface Interval {
  low: number;
  high: number;
}

function aboutGain({ low, high }: Interval): string {
  const between = `between ${points(low)} and ${points(high)} points`;
  if (low > 0) return `By people's ratings the improved replies are better: the mean gain is ${between}.`;
  if (high < 0)
    return `By people's ratings the improved replies are worse than the old ones: the mean gain is ${between}.`;
  return `People's ratings do not show that the improved replies are better: the mean gain is ${between}.`;
}

function aboutJudge(judge: number, { low, high }: Interval): string {
  if (judge > high) return `The judge alone says ${points(judge)}: at least ${points(judge - high)} too much.`;
  if (judge < low) return `The judge alone says ${points(judge)}: at least ${points(low - judge)} too little.`;
  return `The judge alone says ${points(judge)}, which fits.`;
}

function aboutNewer(newer: number): string {
  if (newer === 0) return "";
  return `This does not yet cover ${newer} ${newer === 1 ? "improvement that is" : "improvements that are"} newer than the last draw.`;
}

/** To a tenth, with a real minus sign. */
function points(value: number): string {
  return value.toFixed(1).replace("-", "−");
}
