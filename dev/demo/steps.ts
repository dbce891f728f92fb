import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, fireCron } from "../lib/client.ts";
import type { Run } from "../lib/corrections.ts";
import { createBar, heading, table } from "../lib/terminal.ts";

interface ImportResult {
  received: number;
  recorded: number;
  duplicates: number;
  rejected: number;
  errors: { line: number; detail: string }[];
}

const SHOWN_ERRORS = 20;

/** Streams a file of failures, a line each, to the Worker. @throws when nothing of it was recorded */
export async function recordFailures(client: Client, file: string): Promise<ImportResult> {
  heading(`Recording the failures of ${file}`);
  const body = Readable.toWeb(createReadStream(file)) as ReadableStream;
  const result = await client.postNdjson<ImportResult>("/v1/failures", body);
  const { received, recorded, duplicates, rejected, errors } = result;
  console.log(`${received} lines: ${recorded} recorded, ${duplicates} duplicates, ${rejected} refused`);
  for (const { line, detail } of errors.slice(0, SHOWN_ERRORS)) console.log(`  line ${line}: ${detail}`);
  if (errors.length > SHOWN_ERRORS) console.log(`  … and ${rejected - SHOWN_ERRORS} more`);
  if (recorded + duplicates + rejected !== received) throw new Error("the counts of the import do not add up");
  if (recorded === 0) throw new Error("no failure was recorded");
  return result;
}

const POLL_MS = 400;
/** After this long without progress the cron is fired, so that what waits for a retry is looked at. */
const STALL_MS = 5_000;
/** The cron of every minute, sped up: a demo should not pause for it. */
const CRON_MS = 15_000;
/** This long without any progress is a fault, however slow the model. */
const GIVE_UP_MS = 15 * 60_000;

/** Has every failure corrected, with a progress bar. @throws when the run ends with counts that do not add up */
export async function correctAll(client: Client): Promise<Run> {
  heading("Correcting them");
  const started = Date.now();
  const { id, total } = await client.post<{ id: string; total: number }>("/v1/correction-runs", {});
  const draw = createBar(total);
  let last = { done: -1, at: Date.now() };
  let cronAt = Date.now();
  for (;;) {
    const run = await client.get<Run>(`/v1/correction-runs/${id}`);
    const done = total - run.pending;
    draw(run.finished_at ? done : Math.min(done, total - 1), note(run));
    if (run.finished_at !== null) {
      const { improved, needs_human, failed, tokens } = run;
      if (improved + needs_human + failed !== total) throw new Error("the counts of the run do not add up");
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      console.log(`${improved} improved, ${needs_human} need a person, ${failed} failed; ${seconds} s`);
      console.log(`${tokens.input} tokens in, ${tokens.output} tokens out`);
      return run;
    }
    const now = Date.now();
    if (done !== last.done) last = { done, at: now };
    if (now - last.at > GIVE_UP_MS) throw new Error(`the run is stuck at ${done} of ${total}`);
    if (now - cronAt > CRON_MS || (now - last.at > STALL_MS && now - cronAt > STALL_MS)) {
      cronAt = now;
      void fireCron(client.url);
    }
    await sleep(POLL_MS);
  }
}

function note({ improved, needs_human, failed }: Run): string {
  const others = [needs_human && `${needs_human} need a person`, failed && `${failed} failed`].filter(Boolean);
  return [`${improved} improved`, ...others].join(", ");
}

interface Improvement {
  original_prompt: string;
  old_rating: number | null;
  new_rating: number | null;
  score_gain_estimate: number | null;
  failure_category: string | null;
  topic: string | null;
}

/** Prints the ten improvements that gained most. */
export async function showLeaderboard(client: Client): Promise<void> {
  heading("Most improved");
  const { data } = await client.get<{ data: Improvement[] }>("/v1/improvements?sort=score_gain&limit=10");
  const signed = (gain: number | null) => (gain === null ? "unscored" : `${gain > 0 ? "+" : ""}${gain}`);
  console.log(
    table<Improvement>(
      [
        { title: "gain", value: (row) => signed(row.score_gain_estimate), right: true },
        { title: "rating", value: (row) => `${row.old_rating ?? "–"} → ${row.new_rating ?? "–"}` },
        { title: "failed by", value: (row) => row.failure_category ?? "–", most: 24 },
        { title: "topic", value: (row) => row.topic ?? "–", most: 26 },
        { title: "prompt", value: (row) => row.original_prompt, most: 60 },
      ],
      data,
    ),
  );
}

interface Export {
  status: string;
  rows: number;
  bytes: number;
  sha256: string | null;
  skipped: Record<string, number>;
  warning: string | null;
  error: string | null;
}

/** Has a training file written, downloads it and checks it. @throws when what came is not what was announced */
export async function exportTraining(client: Client, file: string): Promise<void> {
  heading("Writing the training file");
  const { id } = await client.post<{ id: string }>("/v1/exports", {});
  const written = await untilDone(client, id);
  const response = await client.download(`/v1/exports/${id}/training_data.jsonl`);
  if (response.body === null) throw new Error("the training file has no body");
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(file));
  const bytes = await readFile(file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const lines = bytes.toString("utf8").split("\n").filter(Boolean).length;
  const skipped = Object.entries(written.skipped).filter(([, count]) => count > 0);
  console.log(`${file}: ${lines} examples, ${bytes.length} bytes, sha256 ${sha256}`);
  if (skipped.length > 0) console.log(`left out: ${skipped.map(([reason, count]) => `${count} ${reason}`).join(", ")}`);
  if (written.warning) console.log(`warning: ${written.warning}`);
  if (lines !== written.rows) throw new Error(`${lines} lines came, ${written.rows} were announced`);
  if (bytes.length !== written.bytes) throw new Error(`${bytes.length} bytes came, ${written.bytes} were announced`);
  if (sha256 !== written.sha256) throw new Error("the file's SHA-256 is not the one announced");
}

async function untilDone(client: Client, id: string): Promise<Export> {
  for (let asked = Date.now(); ; await sleep(POLL_MS)) {
    const state = await client.get<Export>(`/v1/exports/${id}`);
    if (state.status === "done") return state;
    if (state.status === "failed" || state.status === "cancelled") {
      throw new Error(`the export ${state.status}: ${state.error ?? "no reason given"}`);
    }
    if (Date.now() - asked > STALL_MS) {
      asked = Date.now();
      void fireCron(client.url);
    }
  }
}

interface Prompt {
  cluster: { topic: string; failure_categories: { failure_category: string; share: number }[] } | null;
  guided: boolean;
  messages: { role: string; content: string }[];
}

/** Shows the prompt for one message of the largest cluster, without and with what the cluster knows. */
export async function showPrompts(client: Client): Promise<void> {
  const { data } = await client.get<{ data: { topic: string; failures: number }[] }>("/v1/clusters?limit=1");
  const [cluster] = data;
  if (cluster === undefined) return console.log("\nNo topics are known, so there is no prompt with guidance to show.");
  const { topic, failures } = cluster;
  const improved = await client.get<{ data: Improvement[] }>(
    `/v1/improvements?limit=1&topic=${encodeURIComponent(topic)}`,
  );
  const message = improved.data[0]?.original_prompt;
  if (message === undefined) return console.log(`\nNo reply was improved in the largest topic, ${topic}.`);
  await trainRouter(client);
  const routed = await client.post<Prompt>("/v1/prompts", { customer_message: message });
  const guided = await client.post<Prompt>("/v1/prompts", { customer_message: message, topic });

  heading("One prompt before guidance");
  console.log(`[user] ${message}`);
  heading(`The same prompt with the lessons of ${failures} failures about ${topic}`);
  printMessages(guided);
  console.log(
    `(The topic was given. Without it, the router names ${routed.cluster?.topic ?? "none"} for this message.)`,
  );
  if (!guided.guided) throw new Error(`the prompt for the topic ${topic} carries no guidance`);
}

/** The router trains some seconds after an import anyway; the demo does not wait for that. */
async function trainRouter(client: Client): Promise<void> {
  await client.post("/v1/router/train", {});
  for (const asked = Date.now(); Date.now() - asked < GIVE_UP_MS; await sleep(POLL_MS)) {
    const { training_requested } = await client.get<{ training_requested: boolean }>("/v1/router");
    if (!training_requested) return;
  }
  throw new Error("the router was not trained");
}

const SHOWN_CHARACTERS = 1_500;

function printMessages({ messages }: Prompt): void {
  for (const { role, content } of messages) {
    const cut = content.length > SHOWN_CHARACTERS ? `${content.slice(0, SHOWN_CHARACTERS)} …` : content;
    console.log(`[${role}] ${cut}`);
  }
}
