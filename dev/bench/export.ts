/**
 * `npm run bench -- export [ROWS...]` (default 10000 200000 1000000): writes training files from local databases of
 * so many improvements, and holds that against the `sqlite3` command line (`apt-get install sqlite3`) writing the
 * same lines from the same database. Needs about 3 GB of disk in TMPDIR for a million rows.
 *
 * The rows read from D1 for each line are held by test/exports/rows-read.test.ts, where D1 tells them.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient, waitUntilUp } from "../lib/client.ts";
import { freePort } from "../lib/processes.ts";
import { applyMigrations, startWorker } from "../lib/wrangler.ts";

const KEY = "bench-key-bench-key-bench-key-bench-key";
const FIRST_PORT = 8831;

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
  peakKb: number;
}

export async function benchExport(args: string[]): Promise<void> {
  const sizes = args.length > 0 ? args.map(Number) : [10_000, 200_000, 1_000_000];
  const measured: Measured[] = [];
  for (const rows of sizes) measured.push(await measure(rows));
  console.log("\nrows      export       sqlite3      ratio  peak of workerd");
  for (const { rows, exportMs, sqliteMs, peakKb } of measured) {
    const speed = (ms: number) => `${Math.round(rows / (ms / 1000))} rows/s`.padEnd(13);
    const ratio = (sqliteMs / exportMs).toFixed(2);
    console.log(
      `${String(rows).padEnd(10)}${speed(exportMs)}${speed(sqliteMs)}${ratio}   ${Math.round(peakKb / 1024)} MB`,
    );
  }
  const [first, last] = [measured[0], measured.at(-1)];
  if (first && last && first !== last)
    console.log(`peak memory at ${last.rows} rows over ${first.rows}: ${(last.peakKb / first.peakKb).toFixed(2)}`);
}

async function measure(rows: number): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), "redraft-bench-"));
  try {
    await applyMigrations(["--persist-to", dir]);
    const database = findDatabase(dir);
    console.log(`\n${rows} rows: filling`);
    fill(database, rows);
    const port = await freePort(FIRST_PORT);
    // Redaction changes lines; the scan for personal data runs all the same.
    const vars = ["--var", `ADMIN_KEY:${KEY}`, "--var", "REDACT_EXPORTS:false", "--var", "OPENAI_API_KEY:none"];
    const worker = startWorker(port, ["--persist-to", dir, ...vars], { quiet: true });
    try {
      const url = `http://127.0.0.1:${port}`;
      await waitUntilUp(url, worker.ended);
      const client = createClient(url, KEY);
      const runs = [await runExport(client), await runExport(client)];
      const [one, two] = runs;
      if (one === undefined || two === undefined || one.made.sha256 !== two.made.sha256)
        throw new Error("two runs gave different bytes");
      const peakKb = peakOfWorkerd(dir);
      const lines = join(dir, "lines.jsonl");
      const sqliteMs = Math.min(writeLines(database, lines), writeLines(database, lines));
      if ((await sha256(lines)) !== one.made.sha256) throw new Error("sqlite3 wrote other lines than the export");
      const exportMs = Math.min(one.ms, two.ms);
      console.log(
        `${rows} rows: ${one.made.bytes} bytes, same twice and as sqlite3's; ${one.ms} and ${two.ms} ms, sqlite3 ${sqliteMs} ms`,
      );
      return { rows: one.made.rows, exportMs, sqliteMs, peakKb };
    } finally {
      await worker.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function runExport(client: Client): Promise<{ made: Export; ms: number }> {
  const began = performance.now();
  const { id } = await client.post<{ id: string }>("/v1/exports", {});
  for (;;) {
    const made = await client.get<Export>(`/v1/exports/${id}`);
    if (made.status === "done") return { made, ms: Math.round(performance.now() - began) };
    if (made.status === "failed") throw new Error(`the export failed: ${made.error}`);
    await sleep(200);
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

/** The most memory the workerd that runs this Worker ever held, in KB. */
function peakOfWorkerd(dir: string): number {
  let peak = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd")) continue;
      const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
      if (!files.some((file) => file.startsWith(dir))) continue;
      const line = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
      peak = Math.max(peak, Number(line?.[1] ?? 0));
    } catch {
      // It ended, or is somebody else's.
    }
  }
  if (peak === 0) throw new Error("the workerd of this benchmark is not found");
  return peak;
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
