import { readArguments, wholeNumber } from "../lib/arguments.ts";
import { createClient, keepCron, waitUntilUp } from "../lib/client.ts";
import { madeUpFailures, untilFinished } from "../lib/corrections.ts";
import { freePort } from "../lib/processes.ts";
import { newKey, standInSettings } from "../lib/settings.ts";
import { plainTable } from "../lib/terminal.ts";
import { startFresh } from "../lib/wrangler.ts";
import { startStandIn } from "../stand-in/server.ts";

const STATE = ".wrangler/bench-corrections";
const LATENCY_MS = 200;
const IN_FLIGHT = 6;
const CRON_MS = 10_000;
const POLL_MS = 250;

/** The plain loop is measured over this many calls and scaled: all of them would take ten minutes of waiting. */
const LOOP_CALLS = 60;

const USAGE = `npm run bench -- corrections [--corrections 1000]

How close the fan-out comes to what the model's pace allows: corrections against a stand-in with a fixed latency, wall
time over the ideal (calls × latency / six in flight), and over a plain loop that makes the same calls one by one.`;

export async function benchCorrections(args: string[]): Promise<void> {
  const { values } = readArguments(args, USAGE, { corrections: { type: "string", default: "1000" } });
  const corrections = wholeNumber(values.corrections, "--corrections");
  let calls = 0;
  const standIn = await startStandIn({ latencyMs: LATENCY_MS });
  standIn.server.on("request", () => {
    calls += 1;
  });
  const port = await freePort(8950);
  const url = `http://localhost:${port}`;
  const key = newKey();
  const worker = await startFresh(port, STATE, { ADMIN_KEY: key, ...standInSettings(standIn.baseUrl) });
  const endCron = keepCron(url, CRON_MS);
  try {
    await waitUntilUp(url, worker.ended);
    const loopMs = await plainLoop(standIn.baseUrl);
    const client = createClient(url, key);
    await client.postNdjson("/v1/failures", madeUpFailures(corrections, 10));
    calls = 0;
    const began = performance.now();
    const { id } = await client.post<{ id: string }>("/v1/correction-runs", {});
    const run = await untilFinished(client, id, POLL_MS);
    const wallMs = performance.now() - began;
    const idealMs = (calls * LATENCY_MS) / IN_FLIGHT;
    const sequentialMs = loopMs * calls;
    const rows: [string, string][] = [
      ["corrections", `${run.total}: ${run.improved} improved, ${run.needs_human} for a person, ${run.failed} failed`],
      ["model calls", String(calls)],
      ["wall time", seconds(wallMs)],
      ["ideal: calls × 0.2 s / 6", seconds(idealMs)],
      ["wall time over the ideal (goal: at most 1.25)", (wallMs / idealMs).toFixed(2)],
      [`the same calls one after the other, scaled from ${LOOP_CALLS}`, seconds(sequentialMs)],
      ["times faster than that", (sequentialMs / wallMs).toFixed(2)],
    ];
    console.log(plainTable(["what", "value"], rows));
  } finally {
    endCron();
    await worker.stop();
    await standIn.close();
  }
}

/** Milliseconds a call, in a loop that waits for each answer. */
async function plainLoop(baseUrl: string): Promise<number> {
  const body = JSON.stringify({
    model: "stand-in",
    messages: [{ role: "user", content: "<agent_reply>\nYes.\n</agent_reply>" }],
  });
  const began = performance.now();
  for (let call = 0; call < LOOP_CALLS; call++) {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    const response = await fetch(`${baseUrl}/chat/completions`, init);
    await response.text();
  }
  return (performance.now() - began) / LOOP_CALLS;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
