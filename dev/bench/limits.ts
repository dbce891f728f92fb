import { setTimeout as sleep } from "node:timers/promises";
import { Misuse, readArguments, wholeNumber } from "../lib/arguments.ts";
import { type Client, createClient, keepCron, waitUntilUp } from "../lib/client.ts";
import { madeUpFailures, type Run } from "../lib/corrections.ts";
import { freePort } from "../lib/processes.ts";
import { newKey, standInSettings } from "../lib/settings.ts";
import { createBar, table } from "../lib/terminal.ts";
import { startFresh } from "../lib/wrangler.ts";
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

// On one machine one batch at a time is worked off, with six calls in flight: to make 50 calls a second they have to be
// short. On Cloudflare up to `max_concurrency` batches are.
const SCENARIOS = [
  { failures: 200, rpm: 300, latencyMs: 200 },
  { failures: 2_000, rpm: 3_000, latencyMs: 40 },
];

interface Scenario {
  failures: number;
  rpm: number;
  profile: ProfileName;
  window: (typeof WINDOWS)[number];
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
  latency: { type: "string" },
  var: { type: "string", multiple: true },
} as const;

const USAGE = `npm run bench -- limits [--failures 200] [--rpm 300] [--profile openai] [--window second] [--latency 200]
                        [--var NAME:VALUE]

Corrections against a provider with a limit a minute: how close the Worker comes to what the limit allows, how often it
is refused, and what it pays for twice. It knows of the limit what the provider says, unless --var sets it. Without
numbers: 200 failures at 300 requests a minute in calls of 200 ms, then 2,000 at 3,000 in calls of 40 ms.`;

export async function benchLimits(args: string[]): Promise<void> {
  const { values } = readArguments(args, USAGE, OPTIONS);
  const { profile, failures, rpm, latency, var: vars = [] } = values;
  if (!isProfileName(profile)) throw new Misuse(`There is no profile ${profile}.`);
  const window = WINDOWS.find((known) => known === values.window);
  if (window === undefined) throw new Misuse(`--window is one of ${WINDOWS.join(", ")}.`);
  const given = {
    failures: wholeNumber(failures ?? "200", "--failures"),
    rpm: wholeNumber(rpm ?? "300", "--rpm"),
    latencyMs: wholeNumber(latency ?? "200", "--latency"),
  };
  const scenarios = [failures, rpm, latency].every((value) => value === undefined) ? SCENARIOS : [given];
  for (const scenario of scenarios) {
    const good = report(await measure({ ...scenario, profile, window, vars }));
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
  const provider = await startSimulator(profile, { rpm, latencyMs, window });
  const port = await freePort(8970);
  const url = `http://localhost:${port}`;
  const key = newKey();
  const further = Object.fromEntries(vars.map((pair) => [pair.split(":")[0], pair.slice(pair.indexOf(":") + 1)]));
  const worker = await startFresh(port, STATE, {
    ...{ ADMIN_KEY: key, ...standInSettings(provider.baseUrl) },
    // The simulator's limit is to be found out.
    ...{ MODEL_REQUESTS_PER_MINUTE: "0", ...further },
  });
  const endCron = keepCron(url, CRON_MS);
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
    endCron();
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
