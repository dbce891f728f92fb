import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { holdTo } from "../lib/add-up.ts";
import { readArguments, wholeNumber } from "../lib/arguments.ts";
import { createClient, keepCron, waitUntilUp } from "../lib/client.ts";
import { madeUpFailures, type Run, untilFinished } from "../lib/corrections.ts";
import { findDatabase } from "../lib/local-database.ts";
import { inTemporaryFolder } from "../lib/on-workerd.ts";
import { freePort, ROOT } from "../lib/processes.ts";
import { newKey, standInSettings } from "../lib/settings.ts";
import { startStandIn } from "../stand-in/server.ts";

const STATE = ".wrangler/kill-and-restart";
/** What a call takes, so that there is always something under way to be killed. */
const LATENCY_MS = 200;
/** A killed worker's corrections are free again when their lease has run out, 3 minutes after it died. */
const PATIENCE_MS = 15 * 60_000;
const CRON_MS = 5_000;
const POLL_MS = 1_000;

const USAGE = `npm run bench -- kill-and-restart [--corrections 1000] [--kills 10]

Kills \`npm run dev\` with SIGKILL at random moments while it corrects, starts it again each time, and finally checks
whether anything was lost or done twice. Local queues live in memory: every message dies with the process.`;

/** @throws Error when something does not add up */
export async function benchKillAndRestart(args: string[]): Promise<void> {
  const { values } = readArguments(args, USAGE, {
    corrections: { type: "string", default: "1000" },
    kills: { type: "string", default: "10" },
  });
  const corrections = wholeNumber(values.corrections, "--corrections");
  const kills = wholeNumber(values.kills, "--kills");
  await inTemporaryFolder("kill-and-restart", (dir) => bench(corrections, kills, dir));
  holdAgainstDatabase(corrections);
}

/** @param dir where the settings are kept: a killed dev script cannot take them along */
async function bench(corrections: number, kills: number, dir: string): Promise<void> {
  rmSync(join(ROOT, STATE), { recursive: true, force: true });
  const standIn = await startStandIn({ latencyMs: LATENCY_MS });
  const port = await freePort(8900);
  const url = `http://localhost:${port}`;
  const key = newKey();
  const settings = Object.entries({ ADMIN_KEY: key, ...standInSettings(standIn.baseUrl) });
  const file = join(dir, "settings.env");
  writeFileSync(file, settings.map(([name, value]) => `${name}=${value}\n`).join(""), { mode: 0o600 });
  const devArgs = ["--port", String(port), "--persist-to", STATE, "--env-file", file];
  const client = createClient(url, key);
  let dev = await startDev(devArgs, url);
  const endCron = keepCron(url, CRON_MS);
  try {
    const failures = madeUpFailures(corrections, 1);
    const recorded = await client.postNdjson<{ recorded: number }>("/v1/failures", failures);
    const { id } = await client.post<{ id: string }>("/v1/correction-runs", {});
    console.log(`${recorded.recorded} failures recorded, run ${id} started`);

    for (let kill = 1; kill <= kills; kill++) {
      await sleep(1_500 + Math.random() * 4_000);
      const before = await client.get<Run>(`/v1/correction-runs/${id}`);
      // The whole group at once: npm, wrangler and workerd get no chance to end in order.
      process.kill(-(dev.pid ?? 0), "SIGKILL");
      await once(dev, "exit");
      console.log(`kill ${kill}: ${before.improved + before.needs_human + before.failed} of ${before.total} were done`);
      dev = await startDev(devArgs, url);
    }
    const run = await untilFinished(client, id, POLL_MS, PATIENCE_MS);
    report(run, corrections);
  } finally {
    endCron();
    process.kill(-(dev.pid ?? 0), "SIGKILL");
    await standIn.close();
  }
}

async function startDev(args: string[], url: string): Promise<ChildProcess> {
  const dev = spawn("npm", ["run", "dev", "--", ...args], { cwd: ROOT, detached: true, stdio: "ignore" });
  await waitUntilUp(url, once(dev, "exit"));
  return dev;
}

function report(run: Run, corrections: number): void {
  console.log(
    `${run.improved} improved, ${run.needs_human} need a person, ${run.failed} failed, ${run.pending} pending`,
  );
  const done = run.improved + run.needs_human + run.failed;
  if (run.total !== corrections || done !== corrections) throw new Error(`${done} of ${corrections} came to an end`);
}

/** What must hold in the database itself, read once nothing runs any more. */
function holdAgainstDatabase(corrections: number): void {
  const database = new DatabaseSync(findDatabase(join(ROOT, STATE)), { readOnly: true });
  const number = (sql: string) => Number(Object.values(database.prepare(sql).get() ?? {})[0]);
  const checks: Parameters<typeof holdTo>[0] = {
    failures: [number("select count(*) from failed_replies"), corrections],
    "failures not in a final state": [
      number("select count(*) from failed_replies where status in ('pending', 'correcting') or due_at is not null"),
      0,
    ],
    "improved failures without exactly one improvement": [
      number(`select count(*) from failed_replies f where f.status = 'improved'
        and (select count(*) from ai_reply_improvements i where i.failed_reply_id = f.id) <> 1`),
      0,
    ],
    "improvements of failures that are not improved": [
      number(`select count(*) from ai_reply_improvements i join failed_replies f on f.id = i.failed_reply_id
        where f.status <> 'improved'`),
      0,
    ],
    "tokens of the days, against those of the attempts": [
      number("select sum(input_tokens + output_tokens) from daily_usage"),
      number("select sum(input_tokens + output_tokens) from correction_attempts"),
    ],
    "attempts that ended a correction": [
      number("select count(*) from correction_attempts where outcome <> 'pending'"),
      corrections,
    ],
  };
  database.close();
  holdTo(checks);
}
