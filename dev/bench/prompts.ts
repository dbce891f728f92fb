/**
 * `npm run bench -- prompts`: what `POST /v1/prompts` costs, routed and warm. The built bundle runs
 * straight on workerd (no `wrangler dev` in between), with a bare Hono JSON route beside it in the same process;
 * both are loaded in turn, and the medians of the rounds are compared.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const KEY = "bench-key-bench-key-bench-key-bench-key";
const PROMPTS_PORT = 8823;
const BARE_PORT = 8824;
const COUNTED_PORT = 8825;
const CONNECTIONS = 16;
const ROUNDS = 7;
const ROUND_MS = 2_000;
const PACED_MS = 6_000;
const TOPICS = 20;
const FAILURES_PER_TOPIC = 12;

/** A bare route reads a JSON body and answers JSON: the least that any route like ours must do. */
const BARE = `import { Hono } from "hono";
const app = new Hono();
app.post("/", async (c) => { const body = await c.req.json(); return c.json({ length: body.customer_message.length }); });
export default app;`;

/** The same bundle with a D1 that counts its statements: no statement, no row read. */
const COUNTED = `import worker from "./worker.js";
export { ClusterContext } from "./worker.js";
let statements = 0;
let wrapped;
const counting = (db) => new Proxy(db, { get(target, name) {
  if (name === "prepare") return (...given) => { statements += 1; return target.prepare(...given); };
  const value = Reflect.get(target, name);
  return typeof value === "function" ? value.bind(target) : value;
} });
export default { fetch(request, env, ctx) {
  if (new URL(request.url).pathname === "/statements") return Response.json(statements);
  wrapped ??= { ...env, DB: counting(env.DB) };
  return worker.fetch(request, wrapped, ctx);
} };`;

export async function benchPrompts(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "redraft-prompts-"));
  execFileSync("wrangler", ["deploy", "--dry-run", "--outdir", dir], { stdio: "ignore" });
  const bare = join(dir, "bare.js");
  await build({ stdin: { contents: BARE, resolveDir: process.cwd() }, bundle: true, format: "esm", outfile: bare });
  const counted = { contents: COUNTED, resolveDir: dir };
  const external = ["cloudflare:*", "node:*"];
  await build({
    stdin: counted,
    bundle: true,
    format: "esm",
    outfile: join(dir, "counted.js"),
    external,
    logLevel: "error",
  });
  const server = new Miniflare(convertV4MiniflareOptions({ workers: workersIn(dir) }));
  try {
    await server.ready;
    await migrate(server);
    await fill();
    const body = JSON.stringify({ customer_message: messageOf(3, 500) });
    const prompts = requestOf(PROMPTS_PORT, "/v1/prompts", body);
    const plain = requestOf(BARE_PORT, "/", body);
    const sample = await ask(PROMPTS_PORT, "/v1/prompts", body);
    if (sample.cluster?.topic !== topicOf(3)) throw new Error(`not routed: ${JSON.stringify(sample).slice(0, 300)}`);
    await load(PROMPTS_PORT, prompts, ROUND_MS);
    await load(BARE_PORT, plain, ROUND_MS);

    const rates: { prompts: number; bare: number; ratio: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const bareRate = await load(BARE_PORT, plain, ROUND_MS);
      const promptRate = await load(PROMPTS_PORT, prompts, ROUND_MS);
      rates.push({ prompts: promptRate, bare: bareRate, ratio: promptRate / bareRate });
      console.log(`round ${round + 1}: bare ${bareRate.toFixed(0)}/s, prompts ${promptRate.toFixed(0)}/s`);
    }
    const promptRate = median(rates.map((rate) => rate.prompts));
    const bareRate = median(rates.map((rate) => rate.bare));
    const differences: number[] = [];
    for (let round = 0; round < 3; round++) {
      const bareP99 = await paced(BARE_PORT, plain, promptRate / 10, PACED_MS);
      const promptP99 = await paced(PROMPTS_PORT, prompts, promptRate / 10, PACED_MS);
      differences.push(promptP99 - bareP99);
      console.log(`p99 at a tenth: bare ${bareP99.toFixed(2)} ms, prompts ${promptP99.toFixed(2)} ms`);
    }
    console.log(`\nrequests/s, medians      bare ${bareRate.toFixed(0)}, prompts ${promptRate.toFixed(0)}`);
    console.log(
      `ratio, median            ${median(rates.map(({ ratio }) => ratio)).toFixed(3)} (wanted: at least 0.7)`,
    );
    console.log(`p99 difference, median   ${median(differences).toFixed(2)} ms (wanted: at most 1)`);
    console.log(`D1 statements per warm request  ${await statementsPerRequest(body)} (wanted: 0)`);
  } finally {
    await server.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}

function workersIn(dir: string) {
  const shared = {
    modules: true as const,
    compatibilityDate: "2026-11-01",
    compatibilityFlags: ["nodejs_compat"],
    bindings: { ADMIN_KEY: KEY, OPENAI_BASE_URL: "http://127.0.0.1:9/v1", HOLDOUT_FRACTION: "0" },
    d1Databases: { DB: "redraft" },
    r2Buckets: { EXPORTS: "redraft-exports" },
    queueProducers: { CORRECTIONS: { queueName: "redraft-corrections" }, JOBS: { queueName: "redraft-jobs" } },
  };
  const socket = (port: number) => ({ unsafeDirectSockets: [{ host: "127.0.0.1", port }] });
  return [
    {
      ...{ ...shared, ...socket(PROMPTS_PORT), name: "redraft", rootPath: dir, scriptPath: "worker.js" },
      queueConsumers: { "redraft-jobs": { maxBatchSize: 1, maxBatchTimeout: 0 } },
      durableObjects: { CLUSTERS: { className: "ClusterContext", useSQLite: true } },
    },
    {
      ...{ ...shared, ...socket(COUNTED_PORT), name: "counted", rootPath: dir, scriptPath: "counted.js" },
      durableObjects: { CLUSTERS: { className: "ClusterContext", scriptName: "redraft", useSQLite: true } },
    },
    {
      ...{ ...socket(BARE_PORT), name: "bare", rootPath: dir, scriptPath: "bare.js", modules: true as const },
      compatibilityDate: "2026-11-01",
    },
  ];
}

async function migrate(server: Miniflare): Promise<void> {
  const db = await server.getD1Database("DB", "redraft");
  for (const file of readdirSync("migrations")
    .filter((name) => name.endsWith(".sql"))
    .sort()) {
    const statements = readFileSync(join("migrations", file), "utf8").split("--> statement-breakpoint");
    for (const statement of statements) await db.prepare(statement).run();
  }
}

const NOUNS = [
  "refund",
  "card",
  "parcel",
  "invoice",
  "password",
  "address",
  "voucher",
  "account",
  "delivery",
  "warranty",
];
const VERBS = ["lost", "late"];

function topicOf(topic: number): string {
  return `${NOUNS[topic % NOUNS.length]}_${VERBS[Math.floor(topic / NOUNS.length)]}`;
}

/** Messages of one topic share its words, among words that all share. */
function messageOf(topic: number, turn: number): string {
  const [noun, verb] = topicOf(topic).split("_");
  const asides = ["please help", "what can I do", "since last week", "this is urgent", "thank you", "I wrote before"];
  return `Hello, my ${noun} is ${verb}, ${asides[turn % asides.length]}. Number ${turn}: when will the ${verb} ${noun} be sorted out?`;
}

async function fill(): Promise<void> {
  const lines: string[] = [];
  for (let topic = 0; topic < TOPICS; topic++) {
    for (let turn = 0; turn < FAILURES_PER_TOPIC; turn++) {
      lines.push(
        JSON.stringify({
          original_prompt: messageOf(topic, turn),
          ai_reply: "Please see our website.",
          agent_reply: "We have sent it again today.",
          failure_explanation: `It did not say what happens with the ${topicOf(topic)} next, case ${turn}.`,
          failure_category: turn % 3 === 0 ? "tone" : "missing_information",
          topic: topicOf(topic),
        }),
      );
    }
  }
  await send("/v1/failures", lines.join("\n"), "application/x-ndjson");
  await send("/v1/router/train", "{}");
  for (let second = 0; second < 120; second++) {
    const status = (await send("/v1/router", null)) as { version: string | null };
    if (status.version !== null) return;
    await sleep(1_000);
  }
  throw new Error("the router was not trained within two minutes");
}

async function send(
  path: string,
  body: string | null,
  type = "application/json",
  port = PROMPTS_PORT,
): Promise<unknown> {
  const headers = { authorization: `Bearer ${KEY}`, "content-type": type };
  const init = body === null ? { headers } : { method: "POST", headers, body };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

function ask(port: number, path: string, body: string) {
  return send(path, body, "application/json", port) as Promise<{ cluster: { topic: string } | null }>;
}

async function statementsPerRequest(body: string): Promise<number> {
  const count = () => send("/statements", null, "", COUNTED_PORT) as Promise<number>;
  await ask(COUNTED_PORT, "/v1/prompts", body);
  const before = await count();
  const requests = 500;
  for (let i = 0; i < requests; i++) await ask(COUNTED_PORT, "/v1/prompts", body);
  return ((await count()) - before) / requests;
}

function requestOf(port: number, path: string, body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${KEY}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** One keep-alive connection that has one request in flight. Parses only as much of HTTP as its answers use. */
class Connection {
  readonly #socket: Socket;
  #pending: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #got = Buffer.alloc(0);

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", (error) => this.#pending?.reject(error));
  }

  send(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(request);
    });
  }

  #read(chunk: Buffer<ArrayBuffer>): void {
    this.#got = this.#got.length === 0 ? chunk : Buffer.concat([this.#got, chunk]);
    const end = this.#got.indexOf("\r\n\r\n");
    if (end === -1) return;
    const head = this.#got.toString("latin1", 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (!head.startsWith("HTTP/1.1 200") || Number.isNaN(length)) {
      this.#pending?.reject(new Error(head));
      return;
    }
    if (this.#got.length < end + 4 + length) return;
    this.#got = this.#got.subarray(end + 4 + length);
    this.#pending?.resolve();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Requests per second with every connection busy. */
async function load(port: number, request: Buffer, forMs: number): Promise<number> {
  const began = performance.now();
  let done = 0;
  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(port));
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - began < forMs) {
        await connection.send(request);
        done += 1;
      }
      connection.close();
    }),
  );
  return done / ((performance.now() - began) / 1_000);
}

/** The 99th percentile of the latency, in milliseconds, at a fixed rate; at most one in flight a connection. */
async function paced(port: number, request: Buffer, rate: number, forMs: number): Promise<number> {
  const idle = Array.from({ length: CONNECTIONS }, () => new Connection(port));
  const all = [...idle];
  const took: number[] = [];
  const running = new Set<Promise<void>>();
  const began = performance.now();
  for (let due = 0; due < forMs; due += 1_000 / rate) {
    const wait = began + due - performance.now();
    if (wait > 1) await sleep(wait);
    const connection = idle.pop();
    if (connection === undefined) {
      await Promise.race(running);
      continue;
    }
    const sent = performance.now();
    const one = connection.send(request).then(() => {
      took.push(performance.now() - sent);
      idle.push(connection);
      running.delete(one);
    });
    running.add(one);
  }
  await Promise.all(running);
  for (const connection of all) connection.close();
  took.sort((a, b) => a - b);
  return took[Math.floor(took.length * 0.99)] ?? Number.NaN;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

if (import.meta.main) await benchPrompts();
