import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { readArguments, wholeNumber } from "../lib/arguments.ts";
import { createClient } from "../lib/client.ts";
import { labelledFailures, messageOf, topicOf } from "../lib/labelled-failures.ts";
import { KEY, memoryOf } from "../lib/on-workerd.ts";
import { freePort } from "../lib/processes.ts";
import { plainTable } from "../lib/terminal.ts";
import { untilTrained } from "../lib/until-trained.ts";
import { type Running, withWorker } from "../lib/whole-worker.ts";

/** A caller gives up after this long: the answer came too late for anyone. */
const MOST_MS = 10_000;
const SAMPLE_MS = 10_000;
/** Of the least memory after the first sample: what a Worker may hold more at the end. */
const MOST_GROWTH = 1.5;

const USAGE = `npm run bench -- callers [--callers 200] [--seconds 300]

That many callers at once, each sending the next request when it has the answer: prompts, chat, failures, outcomes,
lists and pages, against the built bundle on workerd with the stand-in as its model. Fails on an answer of 500 or more,
on one that takes over ${MOST_MS / 1_000} s, on a failure answered 201 that is not there, and where memory keeps growing.`;

interface Tally {
  statuses: Map<number, number>;
  took: number[];
}

/** @throws Error when something does not hold */
export async function benchCallers(args: string[]): Promise<void> {
  const { values } = readArguments(args, USAGE, {
    callers: { type: "string", default: "200" },
    seconds: { type: "string", default: "300" },
  });
  const callers = wholeNumber(values.callers, "--callers");
  const seconds = wholeNumber(values.seconds, "--seconds");
  await withWorker(await freePort(8860), (running) => bench(running, callers, seconds * 1_000));
}

async function bench(running: Running, callers: number, forMs: number): Promise<void> {
  const client = createClient(running.url, KEY);
  await client.postNdjson("/v1/failures", labelledFailures());
  await client.post("/v1/router/train", {});
  await untilTrained(client);

  const tallies = new Map<string, Tally>();
  const recorded = new Set<string>();
  const ends = performance.now() + forMs;
  const memory: number[] = [];
  const watch = (async () => {
    while (performance.now() < ends) {
      await sleep(Math.min(SAMPLE_MS, Math.max(0, ends - performance.now())));
      memory.push(memoryOf(running.pid, "now") / 1_024);
    }
  })();
  const call = async (caller: number) => {
    for (let turn = 0; performance.now() < ends; turn++) await callOnce(running.url, caller, turn, tallies, recorded);
  };
  await Promise.all([watch, ...Array.from({ length: callers }, (_, caller) => call(caller))]);
  report(running, tallies, recorded, memory);
}

/** What a caller does on one turn: mostly prompts, as a bot does. */
const KINDS = ["prompt", "prompt", "outcome", "prompt", "failure", "chat", "list", "prompt", "page", "prompt"] as const;
type Kind = (typeof KINDS)[number];

async function callOnce(
  url: string,
  caller: number,
  turn: number,
  tallies: Map<string, Tally>,
  recorded: Set<string>,
): Promise<void> {
  const kind = KINDS[(caller + turn) % KINDS.length] ?? "prompt";
  const began = performance.now();
  const { path, body } = requestFor(kind, caller, turn, lastPrompt.get(caller));
  const { status, text } = await send(url, path, body);
  const tally: Tally = tallies.get(kind) ?? { statuses: new Map<number, number>(), took: [] };
  tallies.set(kind, tally);
  tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
  tally.took.push(performance.now() - began);
  if (kind === "prompt" && status === 200)
    lastPrompt.set(caller, (JSON.parse(text) as { prompt_id: string }).prompt_id);
  if (kind === "failure" && status === 201) recorded.add((JSON.parse(text) as { id: string }).id);
}

const lastPrompt = new Map<number, string>();

function requestFor(
  kind: Kind,
  caller: number,
  turn: number,
  promptId: string | undefined,
): { path: string; body?: object } {
  const topic = (caller * 7 + turn) % 20;
  const message = messageOf(topic, caller * 10_000 + turn);
  switch (kind) {
    case "prompt":
      return { path: "/v1/prompts", body: { customer_message: message, conversation_id: `${caller}-${turn}` } };
    case "outcome":
      // A caller that has no prompt yet asks for its outcomes' lesson: the topic.
      return promptId === undefined
        ? { path: `/v1/clusters/${topicOf(topic)}` }
        : { path: "/v1/outcomes", body: { prompt_id: promptId, failed: turn % 3 === 0 } };
    case "failure":
      return {
        path: "/v1/failures",
        body: {
          external_id: `${caller}-${turn}`,
          original_prompt: message,
          ai_reply: "Please see our website.",
          agent_reply: "We have sent it again today.",
          topic: topicOf(topic),
        },
      };
    case "chat":
      return {
        path: "/v1/chat/completions",
        body: { model: "redraft", messages: [{ role: "user", content: message }] },
      };
    case "list":
      return { path: "/v1/improvements?limit=20" };
    case "page":
      return { path: `/clusters/${topicOf(topic)}` };
  }
}

/** @returns status 0 for no answer in time, or none at all */
async function send(url: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${KEY}`, ...(body && { "content-type": "application/json" }) };
  try {
    const response = await fetch(`${url}${path}`, {
      ...{ method: body ? "POST" : "GET", headers, redirect: "manual", signal: AbortSignal.timeout(MOST_MS) },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  } catch {
    return { status: 0, text: "" };
  }
}

function report(
  { database, errors }: Running,
  tallies: Map<string, Tally>,
  recorded: Set<string>,
  memory: number[],
): void {
  const lines = [...tallies].map(([kind, { statuses, took }]) => {
    took.sort((a, b) => a - b);
    const at = (share: number) => `${Math.round(took[Math.floor(took.length * share)] ?? Number.NaN)} ms`;
    const said = [...statuses].map(([status, count]) => `${status}: ${count}`).join(", ");
    return [kind, String(took.length), said, at(0.5), at(0.99), at(0.99999)];
  });
  console.log(plainTable(["what", "calls", "answers", "median", "p99", "longest"], lines));
  const [first = Number.NaN, last = Number.NaN] = [memory[0], memory.at(-1)];
  const middle = memory[Math.floor(memory.length / 2)] ?? Number.NaN;
  const shown = [first, middle, last, Math.max(...memory)].map((mb) => `${Math.round(mb)} MB`);
  console.log(`memory of workerd at the start, middle and end, and the most: ${shown.join(", ")}`);

  const stored = new DatabaseSync(database, { readOnly: true });
  const missing = [...recorded].filter((id) => !stored.prepare("select 1 from failed_replies where id = ?").get(id));
  stored.close();
  const bad = [...tallies.values()].flatMap(({ statuses }) =>
    [...statuses].filter(([status]) => status === 0 || status >= 500),
  );
  console.log(
    `${recorded.size} failures answered 201, ${missing.length} of them not there; ${errors.length} errors logged`,
  );
  if (bad.length > 0) throw new Error("some answers were 500 or more, or never came");
  if (missing.length > 0) throw new Error("recorded failures are not there");
  if (last > MOST_GROWTH * middle) throw new Error("memory keeps growing");
}
