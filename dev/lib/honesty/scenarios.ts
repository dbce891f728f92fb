import { ENDS, type Run, run, type Scenario } from "./split-runs.ts";

const PLAIN = { shares: [0.1] };

/** What outcomes are like, by name; each with guidance that changes nothing, and with such as halves failures. */
export const WORLDS: Record<string, Omit<Scenario, "risk">> = {
  "5% fail": { failureRate: 0.05, ...PLAIN },
  "20% fail": { failureRate: 0.2, ...PLAIN },
  "20% fail, drifting": { failureRate: 0.2, ...PLAIN, drifts: true },
  "5% fail, up to 8 prompts each": { failureRate: 0.05, ...PLAIN, promptsEach: 8 },
  "20% fail, up to 8 prompts each": { failureRate: 0.2, ...PLAIN, promptsEach: 8 },
  "20% fail, share 0.1, 0.5, 0.05": { failureRate: 0.2, shares: [0.1, 0.5, 0.05] },
};

export interface Summary {
  /** Found by each of `ENDS`, looked at after each outcome. */
  found: number[];
  harm: number[];
  foundAtEnd: number[];
  fixed: number[];
  /** Of the confidence sequences, at every look until the end. */
  riskCovered: number;
  differenceCovered: number;
  /** Outcomes until half of the runs had found it. */
  median: number;
}

/** Many deployments of one kind. */
export function summarize(scenario: Scenario, runs: number, ends: readonly number[] = ENDS): Summary {
  const most = Math.max(...ends);
  const all = Array.from({ length: runs }, (_, i) => run(scenario, most, 7_919 * (i + 1)));
  const share = (of: (one: Run) => boolean) => all.filter(of).length / runs;
  const foundAt = ({ harmFoundAt, helpFoundAt }: Run) => Math.min(harmFoundAt, helpFoundAt);
  return {
    found: ends.map((end) => share((one) => foundAt(one) <= end)),
    harm: ends.map((end) => share((one) => one.harmFoundAt <= end)),
    foundAtEnd: ends.map((_, nth) => share((one) => one.foundAtEnd[nth] === true)),
    fixed: ends.map((end) => share((one) => one.fixedFoundAt <= end)),
    riskCovered: share((one) => one.riskMissedAt > most),
    differenceCovered: share((one) => one.differenceMissedAt > most),
    median: all.map(foundAt).sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN,
  };
}
