/**
 * `npm run bench -- export [ROWS...]` (default 10000 200000 1000000): writes training files from local databases of
 * so many improvements, and holds that against the `sqlite3` command line (`apt-get install sqlite3`) writing the
 * same lines from the same database. Needs about 4 GB of disk in TMPDIR for a million rows.
 *
 * The built bundle runs straight on workerd, in one thread with the local D1 and R2. What those two cost by themselves
 * is measured beside it: a bare loop that reads the same columns through D1 and throws them away, and one that uploads
 * as many bytes to R2 and nothing else. V8's heaps are held to 100 MB, because Cloudflare gives an isolate 128 MB and
 * workerd, left alone, lets garbage pile up.
 *
 * The rows read from D1 for each line are held by test/exports/rows-read.test.ts, where D1 tells them.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { type Client, createClient } from "../lib/client.ts";
import { freePort } from "../lib/processes.ts";
import { applyMigrations } from "../lib/wrangler.ts";

const KEY = "bench-key-bench-key-bench-key-bench-key";
const FIRST_PORT = 8831;
const HEAP_MB = 100;
const POLL_MS = 20;

/** D1 and R2 by themselves. */
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
  /** Of a workerd that only ran the bare loops. */
  barePeakKb: number;
}

export async function benchExport(args: string[]): Promise<void> {
  process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-heap-size=${HEAP_MB}`;
  const sizes = args.length > 0 ? args.map(Number) : [10_000, 200_000, 1_000_000];
  const bundle = mkdtempSync(join(tmpdir(), "redraft-bundle-"));
  try {
    execFileSync("wrangler", ["deploy", "--dry-run", "--outdir", bundle], { stdio: "ignore" });
    writeFileSync(join(bundle, "bare.js"), BARE);
    const measured: Measured[] = [];
    for (const rows of sizes) measured.push(await measure(rows, bundle));
    print(measured);
  } finally {
    rmSync(bundle, { recursive: true, force: true });
  }
}

function print(measured: Measured[]): void {
  console.log(
    "\nrows      export        sqlite3       ratio  D1 alone  R2 alone  both, ratio  peak of workerd  of bare loops",
  );
  for (const { rows, exportMs, sqliteMs, readMs, uploadMs, peakKb, barePeakKb } of measured) {
    const speed = (ms: number) => `${Math.round(rows / (ms / 1000))} rows/s`.padEnd(14);
    const ratio = (ms: number, width: number) => (sqliteMs / ms).toFixed(2).padEnd(width);
    const bare = `${`${readMs} ms`.padEnd(10)}${`${uploadMs} ms`.padEnd(10)}${ratio(readMs + uploadMs, 13)}`;
    const [peak, barePeak] = [peakKb, barePeakKb].map((kb) => `${Math.round(kb / 1024)} MB`.padEnd(17));
    console.log(
      `${String(rows).padEnd(10)}${speed(exportMs)}${speed(sqliteMs)}${ratio(exportMs, 7)}${bare}${peak}${barePeak}`,
    );
  }
  const [first, last] = [measured[0], measured.at(-1)];
  if (!first || !last || first === last) return;
  const growth = (key: "peakKb" | "barePeakKb") => (last[key] / first[key]).toFixed(2);
  console.log(
    `peak memory at ${last.rows} rows over ${first.rows}: ${growth("peakKb")}; of the bare loops ${growth("barePeakKb")}`,
  );
}

async function measure(rows: number, bundle: string): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), "redraft-bench-"));
  try {
    await applyMigrations(["--persist-to", dir]);
    const database = findDatabase(dir);
    console.log(`\n${rows} rows: filling`);
    fill(database, rows);
    const { result: runs, peakKb } = await onWorkerd("worker.js", bundle, dir, async (url) => {
      const client = createClient(url, KEY);
      return [await runExport(client), await runExport(client)] as const;
    });
    const [one, two] = runs;
    if (one.made.sha256 !== two.made.sha256) throw new Error("two runs gave different bytes");
    const bare = await onWorkerd("bare.js", bundle, dir, async (url) => {
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
    return { rows: one.made.rows, exportMs, sqliteMs, ...bare.result, peakKb, barePeakKb: bare.peakKb };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Does something with a script of the bundle that runs on a workerd of its own, with the database and bucket in `dir`. */
async function onWorkerd<T>(
  scriptPath: string,
  bundle: string,
  dir: string,
  work: (url: string) => Promise<T>,
): Promise<{ result: T; peakKb: number }> {
  const port = await freePort(FIRST_PORT);
  const known = new Set(children());
  const own = scriptPath === "worker.js";
  const server = new Miniflare(
    convertV4MiniflareOptions({
      ...{ name: "redraft", modules: true, rootPath: bundle, scriptPath, resourcePersistencePath: join(dir, "v3") },
      ...{ compatibilityDate: "2026-11-01", compatibilityFlags: ["nodejs_compat"] },
      // Redaction changes lines; the scan for personal data runs all the same.
      bindings: { ADMIN_KEY: KEY, REDACT_EXPORTS: "false", OPENAI_API_KEY: "none" },
      d1Databases: { DB: "DB" },
      r2Buckets: { EXPORTS: "redraft-exports" },
      queueProducers: { CORRECTIONS: { queueName: "redraft-corrections" }, JOBS: { queueName: "redraft-jobs" } },
      ...(own && {
        queueConsumers: { "redraft-jobs": { maxBatchSize: 1, maxBatchTimeout: 0 } },
        durableObjects: { CLUSTERS: { className: "ClusterContext", useSQLite: true } },
      }),
      unsafeDirectSockets: [{ host: "127.0.0.1", port }],
    }),
  );
  try {
    await server.ready;
    const result = await work(`http://127.0.0.1:${port}`);
    return {
      result,
      peakKb: Math.max(
        ...children()
          .filter((pid) => !known.has(pid))
          .map(peakOf),
      ),
    };
  } finally {
    await server.dispose();
  }
}

/** Processes that this one has started. */
function children(): string[] {
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ").filter(Boolean);
}

/** The most memory a workerd ever held, in KB. */
function peakOf(pid: string): number {
  if (!readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd")) return 0;
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

async function runExport(client: Client): Promise<{ made: Export; ms: number }> {
  const began = performance.now();
  const { id } = await client.post<{ id: string }>("/v1/exports", {});
  for (;;) {
    const made = await client.get<Export>(`/v1/exports/${id}`);
    if (made.status === "done") return { made, ms: Math.round(performance.now() - began) };
    if (made.status === "failed") throw new Error(`the export failed: ${made.error}`);
    await sleep(POLL_MS);
  }
}

function findDatabase(dir: string): string {
  const folder = join(dir, "v3/d1/miniflare-D1DatabaseObject");
  const name = readdirSync(folder).find((file) => file.endsWith(".sqlite") && !file.startsWith("metadata"));
  if (name === undefined) throw new Error("wrangler made no database");
  return join(folder, name);
}

/** Messages of 60 to 500 characters and replies of 250 to 700, all different; one in twenty tells an e-mail address. */
function fill(database: string, rows: number): void {
  const sentences = [
    "Hi, I sent back the jacket from my order almost two weeks ago and have heard nothing since.",
    "Where is my refund?",
    "Your website says five working days, but that time is over now.",
    "The tracking page has said ''out for delivery'' since Tuesday and nobody rang the bell.",
    "I would like to change the delivery address before the parcel leaves your warehouse.",
    "Thank you for your patience, and sorry for the trouble this has caused you.",
    "Your refund left us on Monday; most banks show it within five working days.",
    "You can follow it in your account under Orders, where you also find the return label.",
    "If nothing has arrived by the end of next week, reply to this message and we will look into it with the carrier.",
    "Please keep the receipt until then, because the shop will ask you for it.",
    "Ich habe die Jacke schon vor zwei Wochen zurückgeschickt und noch nichts gehört.",
    "The second charge is a reservation, not a payment; your bank releases it by itself.",
  ];
  const text = (seed: number, count: string) =>
    `(select group_concat(t, ' ') from (select t from s, json_each('[0,1,2,3,4,5]') k where s.n = (i * ${seed} + k.value * (i % 7 + ${seed})) % ${sentences.length} and k.value < ${count}))`;
  const hex = "printf('%08x-%04x-7000-8000-%012x', 0x01900000 + i / 65536, i % 65536, i)";
  const judgement = `'{"rubric":"2026-11","old":[{"reasons":"' || ${text(5, "3")} || '","accuracy":40,"completeness":30,"tone":60,"rating":39.5}],"new":[{"reasons":"' || ${text(11, "3")} || '","accuracy":90,"completeness":85,"tone":90,"rating":88.25}]}'`;
  sqlite(
    database,
    `pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = off;
    ${indexesOf(database)
      .map((name) => `drop index ${name};`)
      .join("\n")}
    create temp table s(n integer primary key, t text);
    insert into s values ${sentences.map((sentence, n) => `(${n}, '${sentence}')`).join(", ")};
    with recursive c(i) as (select 1 union all select i + 1 from c where i < ${rows})
    insert into ai_reply_improvements
      (id, prompt_id, failed_reply_id, version, is_current, original_prompt, original_reply, corrected_reply, old_rating,
       new_rating, score_gain_estimate, judgement, failure_category, model, judge_model, review_status, created_at, rank, mean_rank, doubt, pairwise, guard_findings, edited)
    select ${hex}, ${hex}, ${hex}, 1, 1,
      ${text(3, "i % 5 + 1")} || ' Order LK-' || (20000 + i) || case when i % 20 = 0 then ', write to kim' || i || '@example.org' else '' end,
      ${text(7, "2")}, ${text(13, "i % 4 + 3")} || ' (' || i || ')', 39, 88, 49, ${judgement}, 'missing_information',
      'gpt-6-luna', 'gpt-6-luna', 'unreviewed', 0, 49, 49, 0, 'won', '[]', 0 from c;
    pragma journal_mode = wal;`,
  );
}

/** Filling is many times faster without the indexes that an export does not use. */
function indexesOf(database: string): string[] {
  const list =
    "select name from sqlite_schema where tbl_name = 'ai_reply_improvements' and type = 'index' and sql is not null";
  return sqlite(database, list).trim().split("\n");
}

/** The same lines by the command line, into a file. @returns milliseconds */
function writeLines(database: string, file: string): number {
  const began = performance.now();
  sqlite(
    database,
    `.output ${file}
    select json_object('messages', json_array(json_object('role', 'user', 'content', original_prompt),
      json_object('role', 'assistant', 'content', corrected_reply)))
    from ai_reply_improvements where is_current = 1 and score_gain_estimate >= 1 order by id;`,
  );
  return Math.round(performance.now() - began);
}

function sqlite(database: string, sql: string): string {
  return execFileSync("sqlite3", [database], { input: sql, encoding: "utf8" });
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
