import { readArguments, wholeNumber } from "../lib/arguments.ts";
import { coverageOf, INTERVALS } from "../lib/honesty/intervals.ts";
import { type Summary, summarize, WORLDS } from "../lib/honesty/scenarios.ts";
import { ENDS } from "../lib/honesty/split-runs.ts";
import { heading, plainTable } from "../lib/terminal.ts";

const USAGE = `npm run bench -- honesty [--runs 400] [--draws 20000]

Whether the numbers that are shown withstand a statistician: how often guidance that changes nothing is taken for guidance
that does, how soon guidance is found that does, and how often each interval holds the truth. Seeded: the same each time.

  --runs   simulated deployments of each kind, ${Math.max(...ENDS)} outcomes each
  --draws  of each case that an interval is tried with`;

/** Coverage may fall short of what an interval claims by this much. */
const SHORT = 0.01;

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
const each = (shares: number[]) => shares.map(percent).join(" / ");

export async function benchHonesty(args: string[]): Promise<void> {
  const { values } = readArguments(args, USAGE, {
    runs: { type: "string", default: "400" },
    draws: { type: "string", default: "20000" },
  });
  const runs = wholeNumber(values.runs, "--runs");
  const at = ENDS.map((end) => end.toLocaleString("en")).join(" / ");

  heading(`Guidance that changes nothing, a tenth held out: taken for guidance that does by ${at} outcomes`);
  const nothing = summaries(1, runs);
  console.log(
    plainTable(
      ["outcomes", "looked at after each", "harm alone", "looked at once", "a fixed 95% interval, looked at"],
      nothing.map(([name, s]) => [name, each(s.found), each(s.harm), each(s.foundAtEnd), each(s.fixed)]),
    ),
  );

  const effects = [0.5, 2].map((risk) => [risk, summaries(risk, runs)] as const);
  for (const [risk, found] of effects) {
    heading(`Guidance that makes failures ${risk < 1 ? "half" : "twice"} as likely: found by ${at} outcomes`);
    console.log(
      plainTable(
        ["outcomes", "looked at after each", "looked at once", "half of the runs by"],
        found.map(([name, s]) => [name, each(s.found), each(s.foundAtEnd), String(s.median)]),
      ),
    );
  }

  heading("Intervals: how often they hold the truth");
  const lines = INTERVALS.map((interval) => coverageOf(interval, wholeNumber(values.draws, "--draws")));
  const sequences = [[1, nothing] as const, ...effects].flatMap(([risk, found]) =>
    found.map(([name, s]) => ({ about: `risk ${risk}, ${name}`, s })),
  );
  console.log(
    plainTable(
      ["interval", "claims", "mean", "", "worst case"],
      [
        ...lines.map((one) => [
          one.name,
          percent(one.nominal),
          percent(one.mean),
          verdict(one.mean, one.nominal),
          `${percent(one.worst)}: ${one.worstCase}`,
        ]),
        sequenceLine(
          "relative risk, at every look",
          sequences.map(({ about, s }) => ({ about, covered: s.riskCovered })),
        ),
        sequenceLine(
          "difference of rates, at every look",
          sequences
            .filter(({ about }) => !/drift|each/.test(about))
            .map(({ about, s }) => ({ about, covered: s.differenceCovered })),
        ),
      ],
    ),
  );
}

function summaries(risk: number, runs: number): [string, Summary][] {
  return Object.entries(WORLDS).map(([name, world]) => [name, summarize({ ...world, risk }, runs)]);
}

function sequenceLine(name: string, cases: { about: string; covered: number }[]): string[] {
  const mean = cases.reduce((sum, { covered }) => sum + covered, 0) / cases.length;
  const worst = cases.toSorted((a, b) => a.covered - b.covered)[0];
  return [name, "95.0%", percent(mean), verdict(mean, 0.95), `${percent(worst?.covered ?? 0)}: ${worst?.about}`];
}

function verdict(covered: number, nominal: number): string {
  return covered >= nominal - SHORT ? "holds" : "TOO NARROW";
}
