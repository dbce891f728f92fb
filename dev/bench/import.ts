import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { holdTo } from "../lib/add-up.ts";
import { readArguments, wholeNumber } from "../lib/arguments.ts";
import { createClient } from "../lib/client.ts";
import { madeUpFailures } from "../lib/corrections.ts";
import { buildBundle, inTemporaryFolder, KEY, memoryOf } from "../lib/on-workerd.ts";
import { freePort } from "../lib/processes.ts";
import { onState, type Running } from "../lib/whole-worker.ts";
import { applyMigrations } from "../lib/wrangler.ts";

const TOPICS = 50;
const LOOK_MS = 200;
/** How long a look waits for the Worker, which may hold the database for a moment. */
const LOCKED_MS = 30_000;

const USAGE = `npm run bench -- import [--lines 100000]

One file of failures against the built bundle on workerd: its connection is cut at a third, workerd is killed with
SIGKILL at two thirds, and then the whole file is sent twice at once. Every line must be there once.`;

interface Counts {
  received: number;
  recorded: number;
  duplicates: number;
  rejected: number;
}

/** @throws Error when a line is missing, or there twice */
export async function benchImport(args: string[]): Promise<void> {
  const { values } = readArguments(args, USAGE, { lines: { type: "string", default: "100000" } });
  const lines = wholeNumber(values.lines, "--lines");
  const port = await freePort(8860);
  await inTemporaryFolder("import", async (dir) => {
    buildBundle(dir);
    await applyMigrations(["--persist-to", join(dir, "state")]);
    await onState(port, dir, (running) => cutAt(running, lines, Math.floor(lines / 3)));
    await onState(port, dir, (running) => killAt(running, lines, Math.floor((2 * lines) / 3)));
    await onState(port, dir, (running) => sendTwice(running, lines));
  });
}

/** Sends the file until this many lines are there, and cuts the connection. */
async function cutAt({ url, database }: Running, lines: number, at: number): Promise<void> {
  const cut = new AbortController();
  const sent = fetch(`${url}/v1/failures`, {
    ...{ method: "POST", signal: cut.signal, body: madeUpFailures(lines, TOPICS), duplex: "half" },
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/x-ndjson" },
  } as RequestInit).catch(() => null);
  await untilThere(database, at);
  cut.abort();
  await sent;
  await untilQuiet(database);
  console.log(`cut at ${at} lines: ${countFailures(database)} are there`);
}

/** Sends the file, and kills workerd once this many lines are there. */
async function killAt({ url, database, pid }: Running, lines: number, at: number): Promise<void> {
  if (pid === undefined) throw new Error("killing needs a process id, which only Linux tells");
  const sent = createClient(url, KEY)
    .postNdjson("/v1/failures", madeUpFailures(lines, TOPICS))
    .catch(() => null);
  await untilThere(database, at);
  process.kill(Number(pid), "SIGKILL");
  await sent;
  console.log(`killed at ${at} lines: ${countFailures(database)} are there`);
}

async function sendTwice({ url, database, pid, errors }: Running, lines: number): Promise<void> {
  const before = countFailures(database);
  const began = performance.now();
  const counts = await Promise.all(
    [1, 2].map(() => createClient(url, KEY).postNdjson<Counts>("/v1/failures", madeUpFailures(lines, TOPICS))),
  );
  const seconds = (performance.now() - began) / 1_000;
  const sum = (name: keyof Counts) => counts.reduce((total, one) => total + one[name], 0);
  const memory = Math.round(memoryOf(pid, "ever") / 1_024);
  console.log(`sent twice at once: ${Math.round((2 * lines) / seconds)} lines a second, ${memory} MB at most`);
  const stored = new DatabaseSync(database, { readOnly: true });
  const number = (sql: string) => Number(Object.values(stored.prepare(sql).get() ?? {})[0]);
  const checks: Parameters<typeof holdTo>[0] = {
    "lines received": [sum("received"), 2 * lines],
    "recorded by the two": [sum("recorded"), lines - before],
    "known to one of them": [sum("duplicates"), lines + before],
    rejected: [sum("rejected"), 0],
    failures: [number("select count(*) from failed_replies"), lines],
    "different external ids": [number("select count(distinct external_id) from failed_replies"), lines],
    prompts: [number("select count(*) from prompts"), lines],
    "failures without their prompt": [
      number(
        "select count(*) from failed_replies f where not exists (select 1 from prompts p where p.id = f.prompt_id)",
      ),
      0,
    ],
    topics: [number("select count(*) from clusters"), TOPICS],
    "errors logged": [errors.length, 0],
  };
  stored.close();
  holdTo(checks);
}

function countFailures(database: string): number {
  const opened = new DatabaseSync(database, { readOnly: true, timeout: LOCKED_MS });
  try {
    return Number(opened.prepare("select count(*) as n from failed_replies").get()?.n);
  } finally {
    opened.close();
  }
}

async function untilThere(database: string, lines: number): Promise<void> {
  while (countFailures(database) < lines) await sleep(LOOK_MS);
}

/** What came whole is still recorded after a cut. */
async function untilQuiet(database: string): Promise<void> {
  for (let before = -1, now = countFailures(database); now !== before; ) {
    await sleep(5 * LOOK_MS);
    [before, now] = [now, countFailures(database)];
  }
}
