/**
 * `npm run demo [-- FILE.ndjson] [--exit] [--port N]`: the whole flow on this machine, from failed replies to a
 * training file and prompts with guidance. Begins afresh each time, with a database of its own. Without
 * OPENAI_API_KEY the stand-in takes the model's place.
 */
import { existsSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { correctAll, exportTraining, recordFailures, showLeaderboard, showPrompts } from "./demo/steps.ts";
import { createClient, fireCron, waitUntilUp } from "./lib/client.ts";
import { freePort, onSignal, ROOT, type Started } from "./lib/processes.ts";
import { newKey, readDevVars } from "./lib/settings.ts";
import { heading } from "./lib/terminal.ts";
import { applyMigrations, startWorker } from "./lib/wrangler.ts";
import { startStandIn } from "./stand-in/server.ts";

const SAMPLES = join(ROOT, "dev/samples/failures.ndjson");
/** A folder for each port, so that a second demo does not wipe the database of one that is still running. */
const stateOf = (port: number) => `.wrangler/demo/${port}`;
const TRAINING_FILE = "training_data.jsonl";
const FIRST_PORT = 8787;
const CRON_MS = 60_000;
const NOTICE =
  "Replies and ratings here are placeholders: the stand-in made them by rules, no language model wrote them.";

const stops: (() => Promise<void>)[] = [];
const stopAll = async () => {
  await Promise.allSettled(stops.splice(0).map((stop) => stop()));
};
onSignal(stopAll);

let code = 0;
try {
  await demo();
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  code = 1;
}
await stopAll();
process.exit(code);

async function demo(): Promise<void> {
  const { file, exit, port: wanted } = readArguments();
  const port = wanted ?? (await freePort(FIRST_PORT));
  const settings = { ...readDevVars(), ...process.env };
  const key = settings.ADMIN_KEY || newKey();
  const state = stateOf(port);
  rmSync(join(ROOT, state), { recursive: true, force: true });

  const standIn = !settings.OPENAI_API_KEY && !process.env.OPENAI_BASE_URL;
  const model = standIn ? await standInSettings() : modelSettings(settings);
  // No holdout: the demo shows what guidance says, and would by chance show a plain prompt.
  const vars = { ADMIN_KEY: key, AUTO_CORRECT: "false", HOLDOUT_FRACTION: "0", ...model };
  const args = Object.entries(vars).flatMap(([name, value]) => (value ? ["--var", `${name}:${value}`] : []));

  heading("Starting");
  await applyMigrations(["--persist-to", state]);
  const worker = startWorker(port, ["--persist-to", state, ...args], { quiet: true });
  stops.push(worker.stop);
  const url = `http://localhost:${port}`;
  try {
    await waitUntilUp(url, worker.ended);
    console.log(`The Worker runs at ${url} (D1, R2, Queues and Durable Object on this machine, in ${state})`);
    console.log(
      standIn ? `No OPENAI_API_KEY is set, so the stand-in takes the model's place. ${NOTICE}` : named(model),
    );
    await Promise.race([flow(createClient(url, key), file), endsEarly(worker)]);
  } catch (error) {
    console.error(`\nWhat the Worker wrote last:\n${worker.lastOutput()}`);
    throw error;
  }
  if (standIn) console.log(`\n${NOTICE}`);
  if (exit) return;

  heading(`The leaderboard is at ${url}`);
  console.log(`Sign in with this key: ${key}`);
  console.log("Ctrl-C ends everything.");
  setInterval(() => void fireCron(url), CRON_MS);
  await worker.ended;
}

async function flow(client: ReturnType<typeof createClient>, file: string): Promise<void> {
  await recordFailures(client, file);
  const { improved } = await correctAll(client);
  if (improved === 0) throw new Error("not one reply was improved");
  await showLeaderboard(client);
  await exportTraining(client, TRAINING_FILE);
  await showPrompts(client);
}

async function endsEarly(worker: Started): Promise<never> {
  throw new Error(`the Worker ended (exit code ${await worker.ended})`);
}

function readArguments(): { file: string; exit: boolean; port: number | undefined } {
  const options = { exit: { type: "boolean", default: false }, port: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const given = positionals[0];
  // npm runs scripts in the project's folder; the path was typed where npm was called.
  const file = given === undefined ? SAMPLES : resolve(process.env.INIT_CWD ?? process.cwd(), given);
  if (!existsSync(file)) throw new Error(`there is no file ${file}`);
  return {
    file: relative(process.cwd(), file),
    exit: values.exit,
    port: values.port === undefined ? undefined : Number(values.port),
  };
}

async function standInSettings() {
  const standIn = await startStandIn();
  stops.push(standIn.close);
  const name = "stand-in";
  return {
    OPENAI_BASE_URL: standIn.baseUrl,
    FINE_TUNE_BASE_URL: standIn.baseUrl,
    OPENAI_API_KEY: name,
    CORRECTION_MODEL: name,
    JUDGE_MODEL: name,
    NOTICE,
  };
}

function modelSettings(settings: Record<string, string | undefined>) {
  const { OPENAI_BASE_URL, OPENAI_API_KEY, CORRECTION_MODEL, JUDGE_MODEL } = settings;
  return { OPENAI_BASE_URL, OPENAI_API_KEY, CORRECTION_MODEL, JUDGE_MODEL };
}

function named({ OPENAI_BASE_URL, CORRECTION_MODEL, JUDGE_MODEL }: Record<string, string | undefined>): string {
  return `Model server: ${OPENAI_BASE_URL ?? "OpenAI"}; rewrites by ${CORRECTION_MODEL ?? "the default model"}, rated by ${JUDGE_MODEL ?? "the default model"}`;
}
