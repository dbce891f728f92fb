/**
 * `npm run demo`: the whole flow on this machine, from failed replies to a training file and prompts with guidance.
 * Without OPENAI_API_KEY the stand-in takes the model's place.
 */
import { join } from "node:path";
import { correctAll, exportTraining, recordFailures, showLeaderboard, showPrompts } from "./demo/steps.ts";
import { inputFile, Misuse, readArguments, wholeNumber } from "./lib/arguments.ts";
import { checkDoors } from "./lib/check-doors.ts";
import { createClient, keepCron, waitUntilUp } from "./lib/client.ts";
import { FIRST_PORT, freePort, onSignal, ROOT, type Started } from "./lib/processes.ts";
import { newKey, readDevVars, standInSettings } from "./lib/settings.ts";
import { heading } from "./lib/terminal.ts";
import { startFresh } from "./lib/wrangler.ts";
import { startStandIn } from "./stand-in/server.ts";

const SAMPLES = join(ROOT, "dev/samples/failures.ndjson");
const TRAINING_FILE = "training_data.jsonl";
const NOTICE =
  "Replies and ratings here are placeholders: the stand-in made them by rules, no language model wrote them.";

const USAGE = `npm run demo -- [FILE.ndjson] [--exit] [--port N]

Shows the whole flow on this machine: records the failures of FILE (default: forty samples), corrects them, prints the
most improved, writes ${TRAINING_FILE}, and shows a prompt before and after guidance. Starts with an empty database.

  --exit    stop at the end instead of leaving the page running
  --port N  the port of the page (default: the first free one from ${FIRST_PORT})

Set OPENAI_API_KEY, CORRECTION_MODEL and JUDGE_MODEL to use a language model instead of the stand-in, and
OPENAI_BASE_URL for a server other than OpenAI's.`;

const stops: (() => Promise<void>)[] = [];
const stopAll = async () => {
  await Promise.allSettled(stops.splice(0).map((stop) => stop()));
};
onSignal(stopAll);

let code = 0;
try {
  await demo();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error instanceof Misuse ? message : `\nThe demo failed: ${message}`);
  code = 1;
}
await stopAll();
process.exit(code);

async function demo(): Promise<void> {
  const { values, positionals } = readArguments(process.argv.slice(2), USAGE, {
    exit: { type: "boolean", default: false },
    port: { type: "string" },
  });
  const file = inputFile(positionals[0] ?? SAMPLES, USAGE);
  const port = values.port === undefined ? await freePort(FIRST_PORT) : wholeNumber(values.port, "--port");
  const settings = { ...readDevVars(), ...process.env };
  const key = settings.ADMIN_KEY || newKey();
  // A folder for each port, so that a second demo does not wipe the database of one that is still running.
  const state = `.wrangler/demo/${port}`;

  const standIn = !settings.OPENAI_API_KEY && !process.env.OPENAI_BASE_URL;
  const model = standIn ? await withStandIn() : modelSettings(settings);

  heading("Starting");
  // Nothing held out: the demo shows what guidance says, and would by chance show a plain prompt.
  const vars = { ADMIN_KEY: key, AUTO_CORRECT: "false", HOLDOUT_FRACTION: "0", LESSON_HOLDOUT_FRACTION: "0", ...model };
  const worker = await startFresh(port, state, vars);
  stops.push(worker.stop);
  const url = `http://localhost:${port}`;
  try {
    await waitUntilUp(url, worker.ended);
    await checkDoors(url, [key, ...(!standIn && settings.OPENAI_API_KEY ? [settings.OPENAI_API_KEY] : [])]);
    console.log(`The Worker runs at ${url} (D1, R2, Queues and Durable Object on this machine, in ${state}).`);
    console.log(
      standIn ? `OPENAI_API_KEY is not set, so the stand-in takes the model's place. ${NOTICE}` : named(model),
    );
    await Promise.race([flow(createClient(url, key), file), endsEarly(worker)]);
  } catch (error) {
    console.error(`\nWhat the Worker wrote last:\n${worker.lastOutput()}`);
    throw error;
  }
  if (standIn) console.log(`\n${NOTICE}`);
  if (values.exit) return;

  heading(`The leaderboard is at ${url}`);
  console.log(`Sign in with this key: ${key}`);
  console.log("Ctrl-C ends everything.");
  keepCron(url);
  await worker.ended;
}

async function flow(client: ReturnType<typeof createClient>, file: string): Promise<void> {
  await recordFailures(client, file);
  const { improved } = await correctAll(client);
  if (improved === 0) throw new Error("no reply was improved");
  await showLeaderboard(client);
  await exportTraining(client, TRAINING_FILE);
  await showPrompts(client);
}

async function endsEarly(worker: Started): Promise<never> {
  throw new Error(`the Worker ended (exit code ${await worker.ended})`);
}

async function withStandIn() {
  const standIn = await startStandIn();
  stops.push(standIn.close);
  return { ...standInSettings(standIn.baseUrl), FINE_TUNE_BASE_URL: standIn.baseUrl, NOTICE };
}

function modelSettings(settings: Record<string, string | undefined>) {
  const { OPENAI_BASE_URL, OPENAI_API_KEY, CORRECTION_MODEL, JUDGE_MODEL } = settings;
  return { OPENAI_BASE_URL, OPENAI_API_KEY, CORRECTION_MODEL, JUDGE_MODEL };
}

function named({ OPENAI_BASE_URL, CORRECTION_MODEL, JUDGE_MODEL }: Record<string, string | undefined>): string {
  return `Model server: ${OPENAI_BASE_URL ?? "OpenAI"}; rewrites by ${CORRECTION_MODEL ?? "the default model"}, rated by ${JUDGE_MODEL ?? "the default model"}`;
}
