import { join } from "node:path";
import { build } from "esbuild";
import { readArguments } from "../lib/arguments.ts";
import { createClient } from "../lib/client.ts";
import { labelledFailures, messageOf, topicOf } from "../lib/labelled-failures.ts";
import { load, median, paced, requestOf } from "../lib/load.ts";
import {
  buildBundle,
  cpuOf,
  inTemporaryFolder,
  KEY,
  OWN,
  OWNER,
  onWorkerd,
  scriptOn,
  stores,
} from "../lib/on-workerd.ts";
import { freePort, ROOT } from "../lib/processes.ts";
import { plainTable } from "../lib/terminal.ts";
import { untilTrained } from "../lib/until-trained.ts";
import { applyMigrations } from "../lib/wrangler.ts";

const FIRST_PORT = 8850;
/** Two workerd with the same code differ by up to 15%, depending on where their memory lies: one alone says too little. */
const SERVERS = 3;
const ROUNDS = 3;
const ROUND_MS = 2_000;
const WARM_MS = 1_500;
/** So long that one pause of some 30 ms is not yet the slowest hundredth. */
const PACED_MS = 4_000;

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

const USAGE = `npm run bench -- prompts

What POST /v1/prompts costs, routed and warm. The built bundle runs straight on workerd (no wrangler dev in between),
with a bare Hono JSON route in the same process; both are loaded in turn, on ${SERVERS} servers one after the other, and the
medians of all rounds are compared. CPU per request is of workerd alone, and steadier than rates where cores are shared.`;

export async function benchPrompts(args: string[]): Promise<void> {
  readArguments(args, USAGE, {});
  await inTemporaryFolder("prompts", async (dir) => {
    buildBundle(dir);
    await buildOthers(dir);
    const ports = await threePorts();
    const servers: Server[] = [];
    for (let server = 1; server <= SERVERS; server++) {
      console.log(`server ${server} of ${SERVERS}`);
      const state = join(dir, `state-${server}`);
      await applyMigrations(["--persist-to", state]);
      const work = async (pid: string | undefined) => {
        await fill(ports.prompts);
        return measure(ports, pid);
      };
      servers.push(await onWorkerd(workersIn(dir, ports), state, work));
    }
    print(servers);
  });
}

interface Ports {
  prompts: number;
  bare: number;
  counted: number;
}

/** Requests per second, and the milliseconds of CPU that one took. */
interface Load {
  rate: number;
  cpuMs: number;
}

interface Server {
  rounds: { prompts: Load; bare: Load }[];
  p99Difference: number;
  statements: number;
}

async function threePorts(): Promise<Ports> {
  const prompts = await freePort(FIRST_PORT);
  const bare = await freePort(prompts + 1);
  return { prompts, bare, counted: await freePort(bare + 1) };
}

async function measure(ports: Ports, pid: string | undefined): Promise<Server> {
  const body = JSON.stringify({ customer_message: messageOf(3, 500) });
  const prompts = requestOf(ports.prompts, "/v1/prompts", body, KEY);
  const plain = requestOf(ports.bare, "/", body, KEY);
  const sample = await ask(ports.prompts, body);
  if (sample.cluster?.topic !== topicOf(3)) throw new Error(`not routed: ${JSON.stringify(sample).slice(0, 300)}`);
  await load(ports.prompts, prompts, WARM_MS);
  await load(ports.bare, plain, WARM_MS);

  const rounds: Server["rounds"] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const one = { bare: await loadOf(ports.bare, plain, pid), prompts: await loadOf(ports.prompts, prompts, pid) };
    rounds.push(one);
    console.log(`round ${round + 1}: bare ${show(one.bare)}; prompts ${show(one.prompts)}`);
  }
  const tenth = median(rounds.map((round) => round.prompts.rate)) / 10;
  const bareP99 = await paced(ports.bare, plain, tenth, PACED_MS);
  const promptP99 = await paced(ports.prompts, prompts, tenth, PACED_MS);
  console.log(`p99 at a tenth: bare ${bareP99.toFixed(2)} ms, prompts ${promptP99.toFixed(2)} ms`);
  return { rounds, p99Difference: promptP99 - bareP99, statements: await statementsPerRequest(ports.counted, body) };
}

async function loadOf(port: number, request: Buffer, pid: string | undefined): Promise<Load> {
  const before = cpuOf(pid);
  const { done, rate } = await load(port, request, ROUND_MS);
  return { rate, cpuMs: (cpuOf(pid) - before) / done };
}

const show = ({ rate, cpuMs }: Load) => `${rate.toFixed(0)}/s, ${cpuMs.toFixed(3)} ms of CPU each`;

function print(servers: Server[]): void {
  const rounds = servers.flatMap((server) => server.rounds);
  const middle = (of: "bare" | "prompts", what: keyof Load) => median(rounds.map((round) => round[of][what]));
  const ratio = ({ prompts, bare }: Server["rounds"][number]) => prompts.rate / bare.rate;
  const each = servers.map((server) => median(server.rounds.map(ratio)));
  const [bareCpu, promptCpu] = [middle("bare", "cpuMs"), middle("prompts", "cpuMs")];
  const p99 = median(servers.map(({ p99Difference }) => p99Difference));
  const statements = Math.max(...servers.map((server) => server.statements));
  const rates = `bare ${middle("bare", "rate").toFixed(0)}, prompts ${middle("prompts", "rate").toFixed(0)}`;
  const lines = [
    ["requests per second, medians", rates, ""],
    ["ratio, median", median(rounds.map(ratio)).toFixed(3), "at least 0.7"],
    ["ratio, each server", each.map((one) => one.toFixed(3)).join(", "), ""],
    ["CPU per request, medians", `bare ${bareCpu.toFixed(3)} ms, prompts ${promptCpu.toFixed(3)} ms`, ""],
    ["ratio of CPU, bare over prompts", (bareCpu / promptCpu).toFixed(3), ""],
    ["p99 difference, median", `${p99.toFixed(2)} ms`, "at most 1 ms"],
    ["D1 statements per warm request", String(statements), "0"],
  ];
  console.log(`\n${plainTable(["what", "measured", "goal"], lines)}`);
}

/** The bare route, and the bundle with its statements counted. */
async function buildOthers(dir: string): Promise<void> {
  const external = ["cloudflare:*", "node:*"];
  const shared = { bundle: true, format: "esm" as const, logLevel: "error" as const, external };
  const bare = { contents: BARE, resolveDir: ROOT };
  await build({ ...shared, stdin: bare, outfile: join(dir, "bare.js") });
  await build({ ...shared, stdin: { contents: COUNTED, resolveDir: dir }, outfile: join(dir, "counted.js") });
}

function workersIn(dir: string, ports: Ports) {
  const settings = stores({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1", HOLDOUT_FRACTION: "0" });
  const clusters = { className: "ClusterContext", scriptName: OWNER, useSQLite: true };
  return [
    { ...scriptOn(ports.prompts, OWNER, dir, "worker.js"), ...settings, ...OWN },
    { ...scriptOn(ports.counted, "counted", dir, "counted.js"), ...settings, durableObjects: { CLUSTERS: clusters } },
    scriptOn(ports.bare, "bare", dir, "bare.js"),
  ];
}

/** Has the router learn its topics. */
async function fill(port: number): Promise<void> {
  const client = createClient(`http://127.0.0.1:${port}`, KEY);
  await client.postNdjson("/v1/failures", labelledFailures());
  await client.post("/v1/router/train", {});
  await untilTrained(client);
}

function ask(port: number, body: string) {
  const client = createClient(`http://127.0.0.1:${port}`, KEY);
  return client.post<{ cluster: { topic: string } | null }>("/v1/prompts", JSON.parse(body) as object);
}

async function statementsPerRequest(port: number, body: string): Promise<number> {
  const client = createClient(`http://127.0.0.1:${port}`, KEY);
  const count = () => client.get<number>("/statements");
  await ask(port, body);
  const before = await count();
  const requests = 500;
  for (let i = 0; i < requests; i++) await ask(port, body);
  return ((await count()) - before) / requests;
}
