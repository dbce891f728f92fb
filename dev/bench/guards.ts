import { checkRewrite } from "../../src/guards/check-rewrite.ts";
import { judgeCopying, measureCopying } from "../../src/guards/copying.ts";
import { extractFacts, findMadeUpFacts } from "../../src/guards/facts.ts";
import { longestCommonRun } from "../../src/guards/longest-common-run.ts";
import { findPersonalData, redact } from "../../src/guards/personal-data.ts";
import { checkReplyText } from "../../src/guards/reply-text.ts";
import { mean } from "../../src/lib/statistics/estimates.ts";
import { inputFile, readArguments } from "../lib/arguments.ts";
import { readObjects } from "../lib/ndjson.ts";

interface FailureLine {
  original_prompt: string;
  ai_reply: string;
  agent_reply: string;
  failure_explanation?: string;
}

/** Counts by name, in the order they were met. */
class Tally {
  readonly counts = new Map<string, number>();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  toString(): string {
    return [...this.counts].map(([name, count]) => `${name} ${count}`).join(", ") || "none";
  }
}

// Words in a row that both replies hold when each is taken from the same page: measured on the plain words, nothing
// masked, so that it does not lean on the guard that is measured.
const SAME_SOURCE_RUN = 8;

const USAGE = `npm run bench -- guards FILE.ndjson

Measures the guards on real failures, one JSON object per line (original_prompt, ai_reply, agent_reply,
failure_explanation): copies caught, old replies wrongly taken for copies, false alarms on rows nobody touched, personal
data found, and the time of a check.`;

export async function benchGuards(args: string[]): Promise<void> {
  const { positionals } = readArguments(args, USAGE, {});
  const rows = readObjects(inputFile(positionals[0], USAGE)).filter(isFailure);
  console.log(`${rows.length} failures`);
  benchCopying(rows);
  benchFacts(rows);
  benchReplies(rows);
  benchPersonalData(rows);
  benchTime(rows);
}

function benchCopying(rows: readonly FailureLine[]): void {
  const copies = new Tally();
  const sameSource = new Tally();
  const otherSource = new Tally();
  for (const { ai_reply, agent_reply } of rows) {
    copies.add(judgeCopying(measureCopying(agent_reply, agent_reply)));
    const quotes = longestCommonRun(plainWords(agent_reply), plainWords(ai_reply)).length >= SAME_SOURCE_RUN;
    (quotes ? sameSource : otherSource).add(judgeCopying(measureCopying(ai_reply, agent_reply)));
  }
  console.log("\ncopying");
  console.log(`  agent replies as rewrites: ${copies} (refused ${share(copies)}, target at least 99%)`);
  console.log(`  old replies that share ${SAME_SOURCE_RUN} words in a row with the agent's: ${sameSource}`);
  console.log(`  old replies that do not: ${otherSource} (refused ${share(otherSource)}, target 0%)`);
}

function benchFacts(rows: readonly FailureLine[]): void {
  const kinds = new Tally();
  const alarms = new Tally();
  const news = new Tally();
  let rowsWithNews = 0;
  for (const row of rows) {
    for (const fact of extractFacts(row.agent_reply)) if (fact.needs.length > 0) kinds.add(fact.kind);
    for (const reply of [row.agent_reply, row.ai_reply]) {
      for (const fact of findMadeUpFacts(reply, sourcesOf(row))) alarms.add(`${fact.kind} "${fact.text}"`);
    }
    const added = findMadeUpFacts(row.agent_reply, [row.original_prompt, row.ai_reply, row.failure_explanation ?? ""]);
    if (added.length > 0) rowsWithNews++;
    for (const fact of added) news.add(fact.kind);
  }
  console.log("\nmade-up facts");
  console.log(`  facts in the agent replies: ${kinds}`);
  console.log(`  false alarms, both replies against their own row: ${alarms}`);
  console.log(`  agent replies against a row without them: ${rowsWithNews} rows add facts: ${news}`);
}

function benchReplies(rows: readonly FailureLine[]): void {
  const alarms = new Tally();
  for (const { original_prompt, ai_reply, agent_reply } of rows) {
    for (const { problem } of checkReplyText(agent_reply, { customerMessage: original_prompt })) alarms.add(problem);
    const context = { agentReply: agent_reply, customerMessage: original_prompt };
    for (const { problem } of checkReplyText(ai_reply, context)) alarms.add(problem);
  }
  console.log(`\nreply text\n  raised on real replies: ${alarms}`);
}

function benchPersonalData(rows: readonly FailureLine[]): void {
  const kinds = new Tally();
  const samples = new Map<string, Set<string>>();
  let hit = 0;
  for (const row of rows) {
    const found = sourcesOf(row).flatMap((text) =>
      findPersonalData(text).map(({ kind, start, end }) => ({ kind, text: text.slice(start, end) })),
    );
    if (found.length > 0) hit++;
    for (const { kind, text } of found) {
      kinds.add(kind);
      samples.set(kind, (samples.get(kind) ?? new Set()).add(text.replace(/\s+/g, " ")));
    }
  }
  console.log(`\npersonal data\n  found in ${hit} rows: ${kinds}`);
  for (const [kind, texts] of samples) console.log(`  ${kind}: ${[...texts].slice(0, 8).join(" | ")}`);
}

function benchTime(rows: readonly FailureLine[]): void {
  const verdicts = new Tally();
  const checks = timed(rows, (row) => {
    const verdict = checkRewrite({
      customerMessage: row.original_prompt,
      aiReply: row.ai_reply,
      agentReply: row.agent_reply,
      failureExplanation: row.failure_explanation,
      rewrite: row.ai_reply,
    });
    verdicts.add(
      [verdict.verdict, ...verdict.findings.map(({ guard, severity }) => `${guard} (${severity})`)].join(" "),
    );
  });
  const redactions = timed(rows, (row) => redact(sourcesOf(row)));
  console.log(`\nold replies through all guards: ${verdicts}`);
  console.log(`time, ms mean / p99 / max: a check ${checks}; a redaction of a row ${redactions}`);
}

function timed(rows: readonly FailureLine[], run: (row: FailureLine) => void): string {
  const times = rows.map((row) => {
    const start = performance.now();
    run(row);
    return performance.now() - start;
  });
  times.sort((a, b) => a - b);
  const p99 = times[Math.floor(times.length * 0.99)] ?? 0;
  return [mean(times), p99, times.at(-1) ?? 0].map((time) => time.toFixed(2)).join(" / ");
}

function share(tally: Tally): string {
  const total = [...tally.counts.values()].reduce((sum, count) => sum + count, 0);
  return `${(((tally.counts.get("refuse") ?? 0) / Math.max(1, total)) * 100).toFixed(2)}%`;
}

function plainWords(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function sourcesOf({ original_prompt, ai_reply, agent_reply, failure_explanation = "" }: FailureLine): string[] {
  return [original_prompt, ai_reply, agent_reply, failure_explanation];
}

function isFailure(row: object): row is FailureLine {
  const { original_prompt, ai_reply, agent_reply } = row as Partial<FailureLine>;
  return [original_prompt, ai_reply, agent_reply].every((text) => typeof text === "string");
}
