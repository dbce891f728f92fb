import type { Calibration } from "./schemas.ts";

type Known = Omit<Calibration, "meaning" | "audit">;

/** From here on an agreement in order is called fair, and good. Rough words for a correlation; the number is shown too. */
const FAIR = 0.3;
const GOOD = 0.6;

/** What the gain does and does not mean, in plain sentences from what is known of the judge. */
export function meaningOfGain({ people, controls }: Known): string {
  return [
    "The score gain is an estimate by a model, not a measurement: the judge rates by the agent's reply, and the rewriting model saw that reply too, so it says how much closer a reply came to what an agent would send, not how content customers are.",
    ofPeople(people),
    ...ofControls(controls),
  ].join(" ");
}

function ofPeople({ n, spearman, mean_difference }: Known["people"]): string {
  if (spearman === null || mean_difference === null)
    return "Too few replies were rated by people as well to say how far the judge agrees with them.";
  const agrees =
    spearman.low <= 0
      ? "do not show that judge and people put replies in the same order"
      : `show ${spearman.value >= GOOD ? "good" : spearman.value >= FAIR ? "fair" : "weak"} agreement of judge and people in the order of replies`;
  const points = Math.round(Math.abs(mean_difference.value));
  const bias =
    mean_difference.low <= 0 && mean_difference.high >= 0
      ? "on average it rates as they do"
      : `on average it rates ${points} ${points === 1 ? "point" : "points"} ${mean_difference.value < 0 ? "lower" : "higher"}`;
  return `${n} replies rated by both ${agrees}; ${bias}.`;
}

function ofControls(controls: Known["controls"]): string[] {
  if (controls === null) return ["No controls have been run yet."];
  const { agent_against_itself: ceiling, old_against_old: again, padded_old: padded } = controls;
  const said: string[] = [];
  if (ceiling)
    said.push(`The agent's own replies are rated ${Math.round(ceiling.value)}: about what a rewrite can reach.`);
  if (again)
    said.push(
      isZero(again)
        ? `The same reply rated twice differs by no more than chance explains (${again.low.toFixed(1)} to ${again.high.toFixed(1)} points): a mean gain that small means nothing.`
        : "The same reply rated twice differs by more than chance explains: do not trust this judge.",
    );
  if (padded)
    said.push(
      doesNotRise(padded)
        ? "Empty words do not raise a rating."
        : `Empty words alone raise a rating by ${Math.round(padded.value)}: that much of a gain may be length.`,
    );
  return said;
}

type Interval = { low: number; high: number };

/** Old against old must be 0 within its interval. */
export function isZero({ low, high }: Interval): boolean {
  return low <= 0 && high >= 0;
}

/** Padding should not raise a rating: its interval must reach down to 0. */
export function doesNotRise({ low }: Interval): boolean {
  return low <= 0;
}
