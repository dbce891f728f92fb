/** `npm run fuzz`: requests made from the Worker's own OpenAPI document and its pages, until something breaks. */
import { once } from "node:events";
import { join } from "node:path";
import { type Document, readDocument } from "./fuzz/document.ts";
import { fill } from "./fuzz/fill.ts";
import { createPool } from "./fuzz/pool.ts";
import { kindTable, loggedTable, printFindings, routeTable } from "./fuzz/report.ts";
import { type Fuzzing, IN_FLIGHT, run, shrinkFindings } from "./fuzz/run.ts";
import { createSender } from "./fuzz/send.ts";
import { KEYED, learnSite, signIn } from "./fuzz/start.ts";
import { watchDatabase } from "./fuzz/watch-database.ts";
import { Misuse, readArguments, runScript, wholeNumber } from "./lib/arguments.ts";
import { freePort, ROOT } from "./lib/processes.ts";
import { createBar, heading } from "./lib/terminal.ts";
import { type Running, withWorker } from "./lib/whole-worker.ts";

const FIRST_PORT = 8870;
const BODIES = join(ROOT, ".wrangler/fuzz");

const USAGE = `npm run fuzz -- [--requests 5000] [--seed N] [--only PATH] [--list] [--stay]

Sends requests to a Worker of its own, with the stand-in as its model: made from /openapi.json, and from the links and
forms of its pages, with bodies, parameters and headers that are right, wrong and broken. Fails when an answer
  - is a server error that is not documented, or takes longer than 10 s,
  - is an error without problem details (on /v1/chat/completions: OpenAI's error shape),
  - has a status, a content type or a body that the document does not have, or markup that somebody sent,
  - refuses a write that changed the database all the same.
Each fault is printed once, with the smallest request found that shows it, as a command.

  --requests N  how many (default: 5000)
  --seed N      makes the same requests again, but for the ids that the server gives (default: by chance)
  --only PATH   only routes and pages whose path contains this
  --list        each status of each route, not only their classes
  --stay        leave the Worker running at the end, for the commands`;

await runScript(async () => {
  const { values } = readArguments(process.argv.slice(2), USAGE, {
    requests: { type: "string", default: "5000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: "string", default: "" },
    list: { type: "boolean", default: false },
    stay: { type: "boolean", default: false },
  });
  const asked = {
    ...{ only: values.only, list: values.list, stay: values.stay },
    ...{ requests: wholeNumber(values.requests, "--requests"), seed: wholeNumber(values.seed, "--seed") },
  };
  const found = await withWorker(await freePort(FIRST_PORT), (running) => fuzz(running, asked));
  process.exit(found === 0 ? 0 : 1);
});

interface Asked {
  requests: number;
  seed: number;
  only: string;
  list: boolean;
  stay: boolean;
}

/** @returns how many faults there are */
async function fuzz(running: Running, { requests, seed, only, list, stay }: Asked): Promise<number> {
  const { url, errors } = running;
  heading(`Filling a Worker at ${url}`);
  await fill(url);
  const send = createSender(running.port, IN_FLIGHT);
  const api = readDocument((await (await fetch(`${url}/openapi.json`, { headers: KEYED })).json()) as Document);
  const pool = createPool();
  const session = await signIn(send, url);
  await learnSite(send, api, pool, session);
  const target = { api, pool, session, only, origin: url };
  if (![...api.operations.map(({ template }) => template), ...pool.links.keys()].some((path) => path.includes(only)))
    throw new Misuse(`No path contains "${only}".`);
  const watch = watchDatabase(running.database);
  const fuzzing: Fuzzing = { target, send, watch, errors };

  heading(`${requests} requests, seed ${seed}`);
  const began = performance.now();
  const ran = await run(fuzzing, requests, seed, progressOn(requests));
  const { findings, looked, seconds } = ran;
  const passed = Math.round((performance.now() - began) / 1_000);
  const lost = await shrinkFindings(fuzzing, findings);
  watch.close();
  console.log(`\n${routeTable(ran, list)}`);
  console.log(
    `\n${Math.round(requests / seconds)} requests a second; ${looked} refused writes were looked at again; ${passed} s in all`,
  );
  if (findings.size > 0) {
    heading("Findings");
    printFindings(findings, lost, url, BODIES);
    console.log(`\n${kindTable(findings)}`);
  }
  const unseen = errors.filter(({ event }) => event !== "unexpected_error");
  if (unseen.length > 0) console.log(`\n${loggedTable(unseen)}`);
  console.log(`\n${findings.size} findings with seed ${seed}`);
  if (stay) {
    console.log(`The Worker runs at ${url}. Ctrl-C ends it.`);
    await once(process, "SIGINT");
  }
  return findings.size;
}

function progressOn(requests: number): (done: number) => void {
  const draw = createBar(requests);
  return (done) => draw(done, "sent");
}
