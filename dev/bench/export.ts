import { createHash } from "node:crypto";
import { createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readArguments, wholeNumber } from "../lib/arguments.ts";
import { type Client, createClient } from "../lib/client.ts";
import { findDatabase } from "../lib/local-database.ts";
import { fill, writeLines } from "../lib/many-improvements.ts";
import {
  buildBundle,
  inTemporaryFolder,
  KEY,
  memoryOf,
  OWN,
  OWNER,
  onWorkerd,
  scriptOn,
  stores,
} from "../lib/on-workerd.ts";
import { freePort } from "../lib/processes.ts";
import { plainTable } from "../lib/terminal.ts";
import { applyMigrations } from "../lib/wrangler.ts";

const FIRST_PORT = 8850;
const HEAP_MB = 100;
const POLL_MS = 20;
const HELD_OUT = 0.1;

/** D1 and R2 on their own. */
const BARE = `export default { async fetch(request, env) {
  const [, what, amount] = new URL(request.url).pathname.split("/");
  const began = Date.now();
  if (what === "read") {
    const page = env.DB.prepare(\`select seq, id, failed_reply_id, prompt_id, old_rating, new_rating, score_gain_estimate,
      original_prompt, corrected_reply from ai_reply_improvements where seq > ? order by seq limit 2000\`);
    for (let cursor = 0; cursor !== undefined; ) cursor = (await page.bind(cursor).raw()).at(-1)?.[0];
  } else {
    const part = new Uint8Array(8 * 1024 * 1024).fill(120);
    const upload = await env.EXPORTS.createMultipartUpload("bare");
    const parts = [];
    for (let left = Number(amount); left > 0; left -= part.byteLength)
      parts.push(await upload.uploadPart(parts.length + 1, part.subarray(0, left)));
    await upload.complete(parts);
    await env.EXPORTS.delete("bare");
  }
  return Response.json(Date.now() - began);
} };`;

interface Export {
  status: string;
  rows: number;
  validation_rows: number;
  bytes: number;
  sha256: string;
  error: string | null;
}

interface Measured {
  rows: number;
  exportMs: number;
  sqliteMs: number;
  /** Reading the columns through D1, and uploading the bytes of the training file to R2, by bare loops. */
  readMs: number;
  uploadMs: number;
  peakKb: number;
  /** The same export with a tenth held out, which compares all messages for near duplicates. */
  split: { ms: number; peakKb: number };
  /** Of a workerd that only ran the bare loops. */
  barePeakKb: number;
}

const USAGE = `npm run bench -- export [ROWS...]

Writes training files from local databases of this many improvements (default: 10000 200000 1000000), and compares that
with the sqlite3 command line (apt-get install sqlite3) writing the same lines from the same database. A million rows
need about 4 GB of disk in TMPDIR.

The built bundle runs straight on workerd, in one thread, with the local D1 and R2. What those two cost on their own is
measured too, and what it costs to hold a tenth out, which compares all messages for near duplicates: a bare loop that reads the same columns through D1 and discards them, and one that only uploads as many
bytes to R2. V8's heaps are limited to ${HEAP_MB} MB, because Cloudflare gives an isolate 128 MB and workerd, left alone,
lets garbage pile up.`;

/* The rows read from D1 for each line are held by test/exports/rows-read.test.ts, where D1 counts them. */

export async function benchExport(args: string[]): Promise<void> {
  const { positionals } = readArguments(args, USAGE, {});
  const sizes =
    positionals.length > 0 ? positionals.map((rows) => wholeNumber(rows, "ROWS")) : [10_000, 200_000, 1_000_000];
  process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-heap-size=${HEAP_MB}`;
  await inTemporaryFolder("bundle", async (bundle) => {
    buildBundle(bundle);
    writeFileSync(join(bundle, "bare.js"), BARE);
    const measured: Measured[] = [];
    for (const rows of sizes) measured.push(await inTemporaryFolder("bench", (dir) => measure(rows, bundle, dir)));
    print(measured);
  });
}

function print(measured: Measured[]): void {
  const lines = measured.map(({ rows, exportMs, sqliteMs, readMs, uploadMs, peakKb, split, barePeakKb }) => {
    const speeds = [exportMs, sqliteMs].map((ms) => `${Math.round(rows / (ms / 1000))} rows/s`);
    const [ratio = "", bareRatio = ""] = [exportMs, readMs + uploadMs].map((ms) => (sqliteMs / ms).toFixed(2));
    const peaks = [peakKb, barePeakKb].map((kb) => `${Math.round(kb / 1024)} MB`);
    const splitRatios = [split.ms / exportMs, split.peakKb / peakKb].map((ratio) => ratio.toFixed(2));
    return [String(rows), ...speeds, ratio, `${readMs} ms`, `${uploadMs} ms`, bareRatio, ...peaks, ...splitRatios];
  });
  const bare = ["D1 alone", "R2 alone", "both, ratio"];
  const titles = [
    "rows",
    "export",
    "sqlite3",
    "ratio",
    ...bare,
    "peak of workerd",
    "of bare loops",
    "tenth held out: time",
    "peak",
  ];
  console.log(`\n${plainTable(titles, lines)}`);
  const [first, last] = [measured[0], measured.at(-1)];
  if (!first || !last || first === last) return;
  const growth = (key: "peakKb" | "barePeakKb") => (last[key] / first[key]).toFixed(2);
  console.log(
    `peak memory at ${last.rows} rows over ${first.rows}: ${growth("peakKb")}; of the bare loops ${growth("barePeakKb")}`,
  );
}

/** @param dir an empty folder for the database and the bucket */
async function measure(rows: number, bundle: string, dir: string): Promise<Measured> {
  await applyMigrations(["--persist-to", dir]);
  const database = findDatabase(dir);
  console.log(`\n${rows} rows: filling`);
  fill(database, rows);
  const { result: runs, peakKb } = await alone("worker.js", bundle, dir, async (url) => {
    const client = createClient(url, KEY);
    return [await runExport(client), await runExport(client)] as const;
  });
  const [one, two] = runs;
  if (one.made.sha256 !== two.made.sha256) throw new Error("two runs gave different bytes");
  const held = await alone("worker.js", bundle, dir, async (url) => {
    const client = createClient(url, KEY);
    const first = await runExport(client, { validation_fraction: HELD_OUT });
    const second = await runExport(client, { validation_fraction: HELD_OUT });
    if (first.made.sha256 !== second.made.sha256) throw new Error("two splits gave different bytes");
    return { made: second.made, ms: Math.min(first.ms, second.ms) };
  });
  console.log(`${rows} rows: ${held.result.made.validation_rows} of them held out; ${held.result.ms} ms`);
  const bare = await alone("bare.js", bundle, dir, async (url) => {
    const ms = async (path: string) => Number(await (await fetch(`${url}${path}`)).text());
    return { readMs: await ms("/read"), uploadMs: await ms(`/upload/${one.made.bytes}`) };
  });
  const lines = join(dir, "lines.jsonl");
  const sqliteMs = Math.min(writeLines(database, lines), writeLines(database, lines));
  if ((await sha256(lines)) !== one.made.sha256) throw new Error("sqlite3 wrote other lines than the export");
  const exportMs = Math.min(one.ms, two.ms);
  console.log(
    `${rows} rows: ${one.made.bytes} bytes, same twice and as sqlite3's; ${one.ms} and ${two.ms} ms, sqlite3 ${sqliteMs} ms`,
  );
  const split = { ms: held.result.ms, peakKb: held.peakKb };
  return { rows: one.made.rows, exportMs, sqliteMs, ...bare.result, peakKb, split, barePeakKb: bare.peakKb };
}

/** Does something with a script of the bundle on a workerd of its own. */
async function alone<T>(
  script: "worker.js" | "bare.js",
  bundle: string,
  dir: string,
  work: (url: string) => Promise<T>,
): Promise<{ result: T; peakKb: number }> {
  const port = await freePort(FIRST_PORT);
  const worker = {
    ...scriptOn(port, OWNER, bundle, script),
    // Redaction changes lines; the scan for personal data runs all the same.
    ...stores({ REDACT_EXPORTS: "false", OPENAI_API_KEY: "none" }),
    ...(script === "worker.js" && OWN),
  };
  return onWorkerd([worker], dir, async (pid) => {
    const result = await work(`http://127.0.0.1:${port}`);
    return { result, peakKb: memoryOf(pid, "ever") };
  });
}

async function runExport(client: Client, options: object = {}): Promise<{ made: Export; ms: number }> {
  const began = performance.now();
  const { id } = await client.post<{ id: string }>("/v1/exports", options);
  for (;;) {
    const made = await client.get<Export>(`/v1/exports/${id}`);
    if (made.status === "done") return { made, ms: Math.round(performance.now() - began) };
    if (made.status === "failed") throw new Error(`the export failed: ${made.error}`);
    await sleep(POLL_MS);
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
