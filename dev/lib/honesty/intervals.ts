import {
  type Estimate,
  meanEstimate,
  shareDifference,
  shareEstimate,
  spearman,
} from "../../../src/lib/statistics/estimates.ts";
import { seeded } from "../seeded.ts";

/** What an interval is drawn from: chance from 0 to 1. */
type Random = () => number;

/** An interval that is shown somewhere, how wide it claims to be, and worlds of which the truth is known. */
export interface ShownInterval {
  name: string;
  nominal: number;
  /** What it is tried with, each by itself; the worst and the mean of them are reported. */
  cases: Record<string, (random: Random) => { truth: number; estimate: Pick<Estimate, "low" | "high"> | null }>;
}

/**
 * Every interval that a page or an answer shows and that is looked at once; those that may be looked at at any time are
 * in `split-runs.ts`. A new one is added here with the worlds it has to hold in.
 */
export const INTERVALS: ShownInterval[] = [
  {
    name: "mean (Student's t)",
    nominal: 0.95,
    cases: Object.fromEntries(
      [2, 3, 5, 20, 100].map((n) => [
        `normal, n = ${n}`,
        (random) => ({ truth: 12, estimate: meanEstimate(draws(n, () => 12 + 20 * normal(random))) }),
      ]),
    ),
  },
  {
    name: "share (Wilson)",
    nominal: 0.95,
    cases: Object.fromEntries(
      [20, 100, 1_000].map((n) => [
        `any share, n = ${n}`,
        (random) => {
          const truth = random();
          return { truth, estimate: shareEstimate({ n, count: binomial(n, truth, random) }) };
        },
      ]),
    ),
  },
  {
    name: "difference of shares (Newcombe)",
    nominal: 0.95,
    cases: Object.fromEntries(
      (
        [
          [30, 30],
          [200, 20],
          [1_000, 100],
        ] as const
      ).map(([n, m]) => [
        `any shares, n = ${n} and ${m}`,
        (random) => {
          const [a, b] = [random(), random()];
          const sides = [
            { n, count: binomial(n, a, random) },
            { n: m, count: binomial(m, b, random) },
          ] as const;
          return { truth: a - b, estimate: shareDifference(...sides) };
        },
      ]),
    ),
  },
  {
    name: "rank correlation (Spearman)",
    nominal: 0.95,
    cases: Object.fromEntries(
      [0, 0.5, 0.8].flatMap((r) =>
        [10, 30, 100].map((n) => [
          `correlation ${r}, n = ${n}`,
          (random) => ({
            truth: (6 / Math.PI) * Math.asin(r / 2),
            estimate: spearman(draws(n, () => pair(r, random))),
          }),
        ]),
      ),
    ),
  },
];

export interface Coverage {
  name: string;
  nominal: number;
  mean: number;
  worst: number;
  worstCase: string;
}

/** How often an interval holds the truth. @param draws of each case */
export function coverageOf({ name, nominal, cases }: ShownInterval, each: number): Coverage {
  const held = Object.entries(cases).map(([about, draw], nth) => {
    const random = seeded(nth + 1);
    let [covers, given] = [0, 0];
    for (let i = 0; i < each; i++) {
      const { truth, estimate } = draw(random);
      if (estimate === null) continue;
      given += 1;
      covers += Number(estimate.low <= truth && truth <= estimate.high);
    }
    return { about, share: covers / given };
  });
  const worst = held.toSorted((a, b) => a.share - b.share)[0];
  const mean = held.reduce((sum, { share }) => sum + share, 0) / held.length;
  return { name, nominal, mean, worst: worst?.share ?? Number.NaN, worstCase: worst?.about ?? "" };
}

function draws<T>(n: number, draw: () => T): T[] {
  return Array.from({ length: n }, draw);
}

/** Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function pair(correlation: number, random: Random): [number, number] {
  const x = normal(random);
  return [x, correlation * x + Math.sqrt(1 - correlation ** 2) * normal(random)];
}

function binomial(n: number, share: number, random: Random): number {
  let count = 0;
  for (let i = 0; i < n; i++) count += Number(random() < share);
  return count;
}
