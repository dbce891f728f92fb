/**
 * Corrections against a provider with a limit a minute: how close the real Worker comes to what the limit allows, how
 * often it is refused, and what it pays for twice. It is told nothing of the limit but what the provider says.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Client, createClient, fireCron, waitUntilUp } from "../lib/client.ts";
import { madeUpFailures, type Run, standInSettings } from "../lib/corrections.ts";
import { freePort, ROOT } from "../lib/processes.ts";
import { newKey } from "../lib/settings.ts";
import { createBar, table } from "../lib/terminal.ts";
import { applyMigrations, startWorker } from "../lib/wrangler.ts";
import type { Stats } from "../stand-in/provider/call.ts";
import { WINDOWS } from "../stand-in/provider/meter.ts";
import { isProfileName, type ProfileName } from "../stand-in/provider/profiles.ts";
import { startSimulator } from "../stand-in/start-simulator.ts";

const STATE = ".wrangler/bench-limits";
/** As Cloudflare fires it. */
const CRON_MS = 60_000;
const POLL_MS = 1_000;
/** A run is given up after so many times what it should take, and at least after this long. */
const PATIENCE = 4;
const LEAST_PATIENCE_MS = 120_000;
/** Calls for a correction, to guess what a run should take: a rewrite, two ratings, two comparisons. */
const CALLS_EACH = 5;

const SCENARIOS = [
  { failures: 200, rpm: 300 },
  { failures: 2_000, rpm: 3_000 },
];

interface Scenario {
  failures: number;
  rpm: number;
  profile: ProfileName;
  window?: (typeof WINDOWS)[number];
  latencyMs: number;
  /** Further settings of the Worker, NAME:VALUE. */
  vars: string[];
}

const OPTIONS = {
  failures: { type: "string" },
  rpm: { type: "string" },
  profile: { type: "string", default: "openai" },
  // Whole minutes let a minute's calls in at once, and say little about the pace.
  window: { type: "string", default: "second" },
  latency: { type: "string", default: "200" },
  var: { type: "string", multiple: true },
} as const;

/**
 * `npm run bench -- limits [--failures N --rpm N] [--profile openai] [--window second] [--latency 200] [--var NAME:VALUE]`
 * Without a number of failures and a limit: 200 at 300 a minute, then 2,000 at 3,000.
 */
export async function benchLimits(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const { profile, failures, rpm, latency, var: vars = [] } = values;
  if (!isProfileName(profile)) throw new Error(`there is no profile ${profile}`);
  const window = WINDOWS.find((known) => known === values.window);
  const given = [{ failures: Number(failures ?? 200), rpm: Number(rpm ?? 300) }];
  const scenarios = failures === undefined && rpm === undefined ? SCENARIOS : given;
  for (const scenario of scenarios) {
    const good = report(await measure({ ...scenario, profile, window, latencyMs: Number(latency), vars }));
    if (!good) process.exitCode = 1;
  }
}

interface Measured {
  scenario: Scenario;
  run: Run;
  stats: Stats;
  wallMs: number;
}

async function measure(scenario: Scenario): Promise<Measured> {
  const { failures, profile, latencyMs, rpm, window, vars } = scenario;
  console.log(`\n${failures} failures at ${rpm} requests a minute, ${profile}, calls of ${latencyMs} ms`);
  rmSync(join(ROOT, STATE), { recursive: true, force: true });
  const provider = await startSimulator(profile, { rpm, latencyMs, window });
  const port = await freePort(8970);
  const url = `http://localhost:${port}`;
  const key = newKey();
  await applyMigrations(["--persist-to", STATE]);
  const settings = [...standInSettings(key, provider.baseUrl), ...vars.flatMap((value) => ["--var", value])];
  const worker = startWorker(port, ["--persist-to", STATE, ...settings], { quiet: true });
  const cron = setInterval(() => void fireCron(url), CRON_MS);
  try {
    await waitUntilUp(url, worker.ended);
    const client = createClient(url, key);
    await client.postNdjson("/v1/failures", madeUpFailures(failures, 10));
    const began = performance.now();
    const { id } = await client.post<{ id: string }>("/v1/correction-runs", {});
    const shouldTakeMs = ((failures * CALLS_EACH) / rpm) * 60_000;
    const run = await watch(client, id, provider.simulator, Math.max(LEAST_PATIENCE_MS, PATIENCE * shouldTakeMs));
    return { scenario, run, stats: provider.simulator.stats(), wallMs: performance.now() - began };
  } finally {
    clearInterval(cron);
    await worker.stop();
    await provider.close();
  }
}

/** Follows a run to its end, or until patience does. */
async function watch(client: Client, id: string, simulator: { stats(): Stats }, patienceMs: number): Promise<Run> {
  const giveUp = performance.now() + patienceMs;
  const bar = createBar(100);
  for (;;) {
    const run = await client.get<Run>(`/v1/correction-runs/${id}`);
    const done = run.improved + run.needs_human + run.failed;
    const { calls, limited_share } = simulator.stats();
    const note = `${done} of ${run.total} done, ${calls} calls, ${percent(limited_share)} refused`;
    bar(run.total === 0 ? 0 : Math.floor((done / run.total) * 100), note);
    if (run.finished_at !== null) return run;
    if (performance.now() > giveUp) {
      console.log(`Given up after ${seconds(patienceMs)}: ${note}`);
      return run;
    }
    await sleep(POLL_MS);
  }
}

interface Row {
  what: string;
  value: string;
  goal: string;
  met: boolean;
}

/** @returns whether every goal was met */
function report({ scenario, run, stats, wallMs }: Measured): boolean {
  const idealMs = (stats.distinct / scenario.rpm) * 60_000;
  const over = wallMs / idealMs;
  const again = stats.answered / Math.max(1, stats.distinct);
  const plain = (what: string, value: string): Row => ({ what, value, goal: "", met: true });
  const refused = Object.entries(stats.refused).map(([kind, count]) => `${kind} ${count}`);
  const rows: Row[] = [
    plain("improved, for a person, pending", `${run.improved}, ${run.needs_human}, ${run.pending}`),
    { what: "failed", value: String(run.failed), goal: "0", met: run.failed === 0 },
    { what: "pending", value: String(run.pending), goal: "0", met: run.pending === 0 },
    plain("calls, answered, refused", `${stats.calls}, ${stats.answered}, ${refused.join(", ") || "none"}`),
    plain("most in flight", String(stats.most_in_flight)),
    plain("wall time, ideal (different calls / limit)", `${seconds(wallMs)}, ${seconds(idealMs)}`),
    { what: "time over the ideal", value: over.toFixed(3), goal: "≤ 1.15", met: over <= 1.15 },
    { what: "refused calls", value: percent(stats.limited_share), goal: "≤ 3%", met: stats.limited_share <= 0.03 },
    { what: "calls over the least needed", value: again.toFixed(3), goal: "≤ 1.02", met: again <= 1.02 },
  ];
  const columns = [
    { title: "what", value: (row: Row) => row.what, most: 60 },
    { title: "value", value: (row: Row) => row.value, most: 60 },
    { title: "goal", value: (row: Row) => row.goal },
    { title: "", value: ({ goal, met }: Row) => (goal === "" ? "" : met ? "ok" : "MISSED") },
  ];
  console.log(table(columns, rows));
  return rows.every(({ met }) => met);
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const percent = (share: number) => `${(share * 100).toFixed(1)}%`;
