/**
 * `npm run bench -- prompts`: what `POST /v1/prompts` costs, routed and warm. The built bundle runs
 * straight on workerd (no `wrangler dev` in between), with a bare Hono JSON route next to it in the same process;
 * both are loaded in turn, on three servers one after the other, and the medians of all rounds are compared.
 */
import { join } from "node:path";
import { build } from "esbuild";
import { createClient } from "../lib/client.ts";
import { labelledFailures, messageOf, topicOf } from "../lib/labelled-failures.ts";
import { load, median, paced, requestOf } from "../lib/load.ts";
import { buildBundle, inTemporaryFolder, KEY, OWN, OWNER, onWorkerd, scriptOn, stores } from "../lib/on-workerd.ts";
import { freePort, ROOT } from "../lib/processes.ts";
import { untilTrained } from "../lib/until-trained.ts";
import { applyMigrations } from "../lib/wrangler.ts";

const FIRST_PORT = 8850;
/** Two workerd with the same code differ by up to 15%, by where their memory came to lie: one alone tells too little. */
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

export async function benchPrompts(): Promise<void> {
  await inTemporaryFolder("prompts", async (dir) => {
    buildBundle(dir);
    await buildOthers(dir);
    const ports = await threePorts();
    const servers: Server[] = [];
    for (let server = 1; server <= SERVERS; server++) {
      console.log(`server ${server} of ${SERVERS}`);
      const state = join(dir, `state-${server}`);
      await applyMigrations(["--persist-to", state]);
      const work = async () => {
        await fill(ports.prompts);
        return measure(ports);
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

interface Server {
  rounds: { prompts: number; bare: number; ratio: number }[];
  p99Difference: number;
  statements: number;
}

async function threePorts(): Promise<Ports> {
  const prompts = await freePort(FIRST_PORT);
  const bare = await freePort(prompts + 1);
  return { prompts, bare, counted: await freePort(bare + 1) };
}

async function measure(ports: Ports): Promise<Server> {
  const body = JSON.stringify({ customer_message: messageOf(3, 500) });
  const prompts = requestOf(ports.prompts, "/v1/prompts", body, KEY);
  const plain = requestOf(ports.bare, "/", body, KEY);
  const sample = await ask(ports.prompts, body);
  if (sample.cluster?.topic !== topicOf(3)) throw new Error(`not routed: ${JSON.stringify(sample).slice(0, 300)}`);
  await load(ports.prompts, prompts, WARM_MS);
  await load(ports.bare, plain, WARM_MS);

  const rounds: Server["rounds"] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const bareRate = await load(ports.bare, plain, ROUND_MS);
    const promptRate = await load(ports.prompts, prompts, ROUND_MS);
    rounds.push({ prompts: promptRate, bare: bareRate, ratio: promptRate / bareRate });
    console.log(`round ${round + 1}: bare ${bareRate.toFixed(0)}/s, prompts ${promptRate.toFixed(0)}/s`);
  }
  const tenth = median(rounds.map((round) => round.prompts)) / 10;
  const bareP99 = await paced(ports.bare, plain, tenth, PACED_MS);
  const promptP99 = await paced(ports.prompts, prompts, tenth, PACED_MS);
  console.log(`p99 at a tenth: bare ${bareP99.toFixed(2)} ms, prompts ${promptP99.toFixed(2)} ms`);
  return { rounds, p99Difference: promptP99 - bareP99, statements: await statementsPerRequest(ports.counted, body) };
}

function print(servers: Server[]): void {
  const rounds = servers.flatMap((server) => server.rounds);
  const rate = (of: "bare" | "prompts") => median(rounds.map((round) => round[of])).toFixed(0);
  const each = servers.map((server) => median(server.rounds.map(({ ratio }) => ratio)));
  const [least, most] = [Math.min(...each), Math.max(...each)];
  const all = median(rounds.map(({ ratio }) => ratio));
  const spread = `each server ${each.map((ratio) => ratio.toFixed(3)).join(", ")}: ${(100 * (most / least - 1)).toFixed(1)}% apart`;
  const p99 = median(servers.map(({ p99Difference }) => p99Difference));
  console.log(`\nrequests/s, medians      bare ${rate("bare")}, prompts ${rate("prompts")}`);
  console.log(`ratio, median            ${all.toFixed(3)} (wanted: at least 0.7)`);
  console.log(`                         ${spread}`);
  console.log(`p99 difference, median   ${p99.toFixed(2)} ms (wanted: at most 1)`);
  console.log(
    `D1 statements per warm request  ${Math.max(...servers.map(({ statements }) => statements))} (wanted: 0)`,
  );
}

/** Beside the bundle: the bare route, and the bundle with its statements counted. */
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

if (import.meta.main) await benchPrompts();
