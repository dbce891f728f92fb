import { shareDifference } from "../../../src/lib/statistics/estimates.ts";
import { rateDifference } from "../../../src/lib/statistics/rate-difference.ts";
import { FOUND, lnEvidence, relativeRisk, type SplitCount } from "../../../src/lib/statistics/split-test.ts";
import { seeded } from "../seeded.ts";

/*
 * Conversations whose outcomes come in one after the other, as a helpdesk reports them, and what the tests of guidance
 * make of them at every look.
 */

/** How outcomes come about. */
export interface Scenario {
  /** How likely a prompt without guidance fails. */
  failureRate: number;
  /** Guided over plain: 1 changes nothing. */
  risk: number;
  /** The rate swings between half and one and a half of itself. */
  drifts?: boolean;
  /** Up to so many prompts in one conversation; some customers fare worse than others. */
  promptsEach?: number;
  /** The setting goes from one share of plain conversations to the next, in turn. */
  shares: readonly number[];
}

/** When something was found, in outcomes; Infinity for never. */
export interface Run {
  harmFoundAt: number;
  helpFoundAt: number;
  /** Whether it is found at the end alone, without a look before: at each of `ENDS`. */
  foundAtEnd: boolean[];
  /** The old way: a 95% interval of the difference (Newcombe) that is looked at after each outcome. */
  fixedFoundAt: number;
  /** When an interval first did not hold the truth. */
  riskMissedAt: number;
  differenceMissedAt: number;
}

const NEVER = Number.POSITIVE_INFINITY;

export const ENDS = [1_000, 3_000, 10_000];

/** The difference is looked at this often, in conversations; the evidence after each failure. */
const LOOK_EVERY = 25;

/** One deployment's life. */
export function run(
  { failureRate, risk, drifts, promptsEach = 1, shares }: Scenario,
  outcomes: number,
  seed: number,
): Run {
  const random = seeded(seed);
  const counts = shares.map((share) => ({ share, n: 0, k: 0 }));
  const sides = shares.map(() => ({ plain: { n: 0, events: 0 }, other: { n: 0, events: 0 } }));
  const found: Run = {
    ...{ harmFoundAt: NEVER, helpFoundAt: NEVER, foundAtEnd: [], fixedFoundAt: NEVER },
    ...{ riskMissedAt: NEVER, differenceMissedAt: NEVER },
  };
  const truth = promptsEach > 1 || drifts ? null : failureRate * (risk - 1);
  const riskOfAll = riskOfConversation({ failureRate, risk, promptsEach });
  let conversations = 0;
  for (let done = 0; done < outcomes; ) {
    // The setting changes twice in a run.
    const at = Math.min(shares.length - 1, Math.floor((done / outcomes) * shares.length));
    const [count, side] = [counts[at], sides[at]];
    if (count === undefined || side === undefined) throw new Error("no such share");
    const isPlain = random() < count.share;
    const swing = drifts ? 1 + 0.5 * Math.sin((done / outcomes) * 4 * Math.PI) : 1;
    const customer = promptsEach > 1 ? 2 * random() : 1;
    const rate = Math.min(1, failureRate * swing * customer * (isPlain ? 1 : risk));
    const prompts = 1 + Math.floor(random() * promptsEach);
    let failed = false;
    for (let prompt = 0; prompt < prompts; prompt++) failed = random() < rate || failed;
    const before = done;
    done += prompts;
    const rates = isPlain ? side.plain : side.other;
    rates.n += 1;
    conversations += 1;
    if (failed) {
      rates.events += 1;
      count.n += 1;
      count.k += Number(isPlain);
      lookAtFailures(found, counts, { risk: riskOfAll, done });
    }
    lookAtRates(found, sides, { truth, done, conversations });
    for (const end of ENDS) if (before < end && done >= end) found.foundAtEnd.push(lnEvidence(counts) >= FOUND);
  }
  return found;
}

const STEPS = 1_000;

/** Guided over plain, of whole conversations: the more prompts one has, the likelier it fails either way. */
function riskOfConversation({
  failureRate,
  risk,
  promptsEach,
}: {
  failureRate: number;
  risk: number;
  promptsEach: number;
}) {
  if (promptsEach === 1) return risk;
  const fails = (rate: number) => {
    let sum = 0;
    for (let step = 0; step < STEPS; step++) {
      const each = Math.min(1, (rate * 2 * (step + 0.5)) / STEPS);
      for (let prompts = 1; prompts <= promptsEach; prompts++) sum += 1 - (1 - each) ** prompts;
    }
    return sum / STEPS / promptsEach;
  };
  return fails(failureRate * risk) / fails(failureRate);
}

function lookAtFailures(found: Run, counts: SplitCount[], { risk, done }: { risk: number; done: number }): void {
  const isOpen = found.harmFoundAt === NEVER && found.helpFoundAt === NEVER;
  const evidence = isOpen || risk === 1 ? lnEvidence(counts) : 0;
  if (evidence >= FOUND) {
    const side = (relativeRisk(counts)?.value ?? 1) > 1 ? "harmFoundAt" : "helpFoundAt";
    found[side] = Math.min(found[side], done);
  }
  // The interval is all risks with less evidence against them than this.
  if (found.riskMissedAt === NEVER && (risk === 1 ? evidence : lnEvidence(counts, risk)) >= FOUND) {
    found.riskMissedAt = done;
  }
}

type Sides = Parameters<typeof rateDifference>[0];

function lookAtRates(
  found: Run,
  sides: Sides,
  { truth, done, conversations }: { truth: number | null; done: number; conversations: number },
): void {
  if (conversations % LOOK_EVERY !== 0) return;
  const sum = (side: "plain" | "other") => ({
    n: sides.reduce((all, one) => all + one[side].n, 0),
    count: sides.reduce((all, one) => all + one[side].events, 0),
  });
  const [other, plain] = [sum("other"), sum("plain")];
  const fixed = found.fixedFoundAt !== NEVER || Math.min(other.n, plain.n) < 30 ? null : shareDifference(other, plain);
  if (fixed !== null && (fixed.low > 0 || fixed.high < 0)) found.fixedFoundAt = Math.min(found.fixedFoundAt, done);
  const sequence = truth === null ? null : rateDifference(sides);
  if (truth !== null && sequence !== null && (sequence.low > truth || sequence.high < truth)) {
    found.differenceMissedAt = Math.min(found.differenceMissedAt, done);
  }
}
