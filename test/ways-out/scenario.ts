import { env, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import { type Scope, scopeName } from "../../src/clusters/context/context.ts";
import { EXPORT_FORMATS } from "../../src/db/schema/exports.ts";
import type { FailureInput } from "../../src/failures/schemas.ts";
import type { Model, ModelRequest } from "../../src/llm/model.ts";
import { clearAll } from "../exports/rows.ts";
import { aProvider, aTunedModel } from "../fine-tunes/provider.ts";
import { comparison, REWRITE, rating } from "../support/model.ts";
import { ownWords } from "../support/own-words.ts";
import {
  METADATA,
  PERSONAL_KINDS,
  type PlantedKind,
  plantedLabel,
  plantedText,
  tracesOf,
} from "../support/personal-kinds.ts";
import { createWorld, type World } from "../support/world.ts";

/** What left the system, by the name of the way. */
export type WaysOut = Map<string, string>;

export const TOPIC = `late refund ${plantedLabel(80)}`;
export const CATEGORY = plantedLabel(81);
const NAMED_TOPIC = `lost card ${plantedLabel(82, 50)}`;
/** Enough for a file that a trainer takes, and for one held out of it. */
const FAILURES = 28;

const MARK = "a question without anybody's data";

/** Tables that hold a failure's own texts; everything else in the database is shared. */
const OWN_TABLES = [
  ...["prompts", "failed_replies", "ai_reply_improvements", "reviews", "correction_drafts"],
  ...["fine_tune_comparison_cases"],
];

/** Personal data in every text that a helpdesk, a customer or an agent writes. */
function aPlantedFailure(i: number): FailureInput {
  const planted = (carrier: number) => plantedText((i * 8 + carrier) % 80);
  return {
    external_id: `ticket ${i} of ${planted(0)}`.slice(0, 200),
    // Said by two customers: what one says alone is served to nobody else.
    original_prompt:
      i % 2 === 0
        ? `Where is my refund number ${i}? I am ${planted(1)}, please answer. It was for ${ownWords(i)}.`
        : `I sent everything back weeks ago, parcel ${i}, from ${planted(1)}, and see no money. It was for ${ownWords(i)}.`,
    conversation: [
      { role: "user", content: `Hello, this is ${planted(2)} here.` },
      { role: "assistant", content: `Welcome ${planted(3)}, how can I help?` },
    ],
    ai_reply: `Look at the website, ${planted(4)}, it says so there.`,
    agent_reply: `Your refund left us on Monday and went to ${planted(5)}, as you asked.`,
    failure_explanation: `Reason ${i}: it did not say that the refund goes to ${planted(6)}, as they had asked.`,
    channel: planted(7).slice(0, 90),
    context_url: `https://help.example.com/tickets?of=${encodeURIComponent(planted(7))}`,
    metadata: { ...METADATA, note: planted(7) },
  };
}

/** Repeats what it is given wherever it can: in rewrites, ratings, names and lessons. */
function repeatingModel(requests: ModelRequest[]): Model {
  const seenIn = (prompt: string, pattern: RegExp) =>
    PERSONAL_KINDS.flatMap((kind) => tracesOf(kind, pattern.exec(prompt)?.[1] ?? "").slice(0, 1)).join(", ");
  const section = (prompt: string, name: string) =>
    new RegExp(`<${name}>\n([\\s\\S]*?)\n</${name}>`).exec(prompt)?.[1] ?? "";
  const answer = (request: ModelRequest): string => {
    const prompt = request.messages.map(({ content }) => content).join("\n");
    switch (request.answer?.name) {
      case "rating":
        return rating(section(prompt, "reply_to_rate").startsWith(REWRITE) ? 90 : 30, seenIn(prompt, /([\s\S]*)/));
      case "comparison":
        return comparison(section(prompt, "reply_a").startsWith(REWRITE) ? "A" : "B");
      case "failure_names":
        return JSON.stringify({
          topic: NAMED_TOPIC,
          failure_category: plantedLabel(83, 60, PERSONAL_KINDS.toReversed()),
        });
      case "lesson_changes": {
        const said = `${seenIn(prompt, /<new_failures>([\s\S]*)/)} and ${plantedLabel(84)}`;
        const add = { op: "add", lesson: null, failure_category: CATEGORY, failures: ["F1", "F2"] };
        const texts = [
          `Send refunds to ${said}`.slice(0, 240),
          "Send refunds to the card they came from, and say when.",
        ];
        return JSON.stringify({ changes: texts.map((text) => ({ ...add, text })) });
      }
    }
    const agent = section(prompt, "agent_reply");
    return agent === "" ? "A short reply." : `${REWRITE} It went to ${/went to (.*), as/.exec(agent)?.[1] ?? "you"}.`;
  };
  return {
    complete: async (request) => {
      requests.push(request);
      return { text: answer(request), usage: { calls: 1, inputTokens: 10, outputTokens: 5 } };
    },
  };
}

export const textOf = (request: ModelRequest) => request.messages.map(({ content }) => content).join("\n");

/** Takes personal data through the whole loop, and gathers what leaves it on every way. */
export async function takeThrough(vars: Record<string, string>) {
  const lines: string[] = [];
  for (const method of ["debug", "log", "info", "warn", "error"] as const)
    vi.spyOn(console, method).mockImplementation((...written) => void lines.push(written.map(String).join(" ")));
  const requests: ModelRequest[] = [];
  const world = createWorld({ model: repeatingModel(requests), vars: { MIN_EXPORT_RATING: "0", ...vars } });
  const ways: WaysOut = new Map();
  await clearAll();

  const failures = Array.from({ length: FAILURES }, (_, i) => aPlantedFailure(i));
  const [, ...others] = await world.correctAll(
    // Without a name for its topic and its category: the model gives them.
    failures[0] as FailureInput,
    ...failures.slice(1).map((one) => ({ ...one, topic: TOPIC, failure_category: CATEGORY })),
  );
  await world.json("POST", "/v1/router/train");
  await world.deliver();
  await rebuildContexts(world);
  const clean = await world.correctAll({
    ...{ original_prompt: `Where is my refund? It is ${MARK}.`, ai_reply: "On the website.", topic: TOPIC },
    agent_reply: "It left us on Monday; your bank shows it within five working days.",
  });
  await rebuildContexts(world);

  await gatherServed(world, ways, "while explanations serve");
  await gatherStored(world, ways, "while explanations serve");
  await gatherFiles(world, ways);
  await world.sweep();
  await world.deliver();
  await rebuildContexts(world);
  await gatherServed(world, ways, "with lessons");
  await gatherStored(world, ways, "with lessons");
  const compared = await compare(world, ways, requests);
  await gatherOthers(world, ways, clean[0] ?? "");
  await gatherTables(ways);

  ways.set(
    "another failure's correction",
    requests
      .map(textOf)
      .filter((text) => text.includes(MARK))
      .join("\n"),
  );
  const distilled = requests.filter(({ answer }) => answer?.name === "lesson_changes");
  ways.set("what lessons are distilled from", distilled.map(textOf).join("\n"));
  ways.set("logs", lines.join("\n"));
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  return { world, ways, requests, ids: others, compared, distilled: distilled.length };
}

async function rebuildContexts(world: World): Promise<void> {
  for (const scope of await scopes()) {
    await stubOf(scope).touch(scope);
    await runDurableObjectAlarm(stubOf(scope));
  }
  // Copies of the isolate are past their life.
  world.now += 65_000;
}

async function scopes(): Promise<Scope[]> {
  const { results } = await env.DB.prepare("select id from clusters").all<{ id: string }>();
  const categories = await env.DB.prepare(
    "select distinct failure_category as category from failed_replies where failure_category is not null",
  ).all<{ category: string }>();
  return [
    ...results.map(({ id }) => ({ cluster_id: id })),
    ...categories.results.map(({ category }) => ({ failure_category: category })),
    "all",
  ];
}

const stubOf = (scope: Scope) => env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName(scope)));

/** What bots and readers are served. */
async function gatherServed(world: World, ways: WaysOut, when: string): Promise<void> {
  const add = async (way: string, response: Response) => {
    const headers = JSON.stringify([...response.headers]);
    ways.set(`${way} (${when})`, `${response.status} ${headers}\n${await response.text()}`);
  };
  const asked = "Where is my refund number 3? I am waiting, please answer.";
  for (const [name, given] of [
    ["a topic", { topic: TOPIC }],
    ["a routed message", {}],
    ["a category", { failure_category: CATEGORY, customer_message: "Hi" }],
    ["a topic and a category", { topic: TOPIC, failure_category: CATEGORY }],
  ] as const) {
    const body = { customer_message: asked, examples: 5, ...given };
    await add(`POST /v1/prompts with ${name}`, await world.call("POST", "/v1/prompts", body));
  }
  let sent = "";
  world.services.fetch = async (_, init) => {
    sent = await new Response(init?.body).text();
    return new Response("{}");
  };
  const chat = { model: "redraft", messages: [{ role: "user", content: asked }] };
  await add("the answer of POST /v1/chat/completions", await world.call("POST", "/v1/chat/completions", chat));
  ways.set(`POST /v1/chat/completions as it goes on (${when})`, sent);
  const { data } = await world.json("GET", "/v1/clusters");
  for (const path of ["/v1/clusters", "/v1/failure-categories", "/clusters", "/v1/router", "/v1/improvements/credit"])
    await add(`GET ${path}`, await world.call("GET", path));
  for (const [i, { topic }] of data.entries()) {
    for (const page of ["/v1/clusters", "/clusters"])
      await add(`GET ${page}/${i}`, await world.call("GET", `${page}/${encodeURIComponent(topic)}`));
  }
}

/** What is kept outside the database: contexts, and everything in the bucket. */
async function gatherStored(world: World, ways: WaysOut, when: string): Promise<void> {
  for (const scope of await scopes()) {
    const stored = await runInDurableObject(stubOf(scope), async (_, state) => [...(await state.storage.list())]);
    ways.set(`the context of ${JSON.stringify(scope)} (${when})`, JSON.stringify(stored));
  }
  const { objects } = await world.services.bucket.list();
  for (const { key } of objects) {
    const object = await world.services.bucket.get(key);
    ways.set(`${key} (${when})`, new TextDecoder("latin1").decode(await object?.arrayBuffer()));
  }
}

async function gatherFiles(world: World, ways: WaysOut): Promise<void> {
  for (const format of EXPORT_FORMATS) {
    for (const system of ["none", "guided"] as const) {
      for (const reply of ["corrected", "agent"] as const) {
        const { id } = await world.json("POST", "/v1/exports", {
          ...{ format, system, reply, topic: TOPIC, failure_category: CATEGORY, validation_fraction: 0.5 },
        });
        await world.deliver();
        const files = `${format}, system ${system}, ${reply} replies`;
        const { objects } = await world.services.bucket.list({ prefix: `exports/${id}/` });
        for (const { key } of objects) {
          const object = await world.services.bucket.get(key);
          ways.set(`${files}: ${key.split("/").at(-1)}`, new TextDecoder().decode(await object?.arrayBuffer()));
        }
        ways.set(`${files}: as told`, await (await world.call("GET", `/v1/exports/${id}`)).text());
      }
    }
  }
  ways.set("the page of exports", await (await world.call("GET", "/exports")).text());
}

/** A tuned model's files, and what base and tuned model and their judge are asked. @returns how many cases there were */
async function compare(world: World, ways: WaysOut, requests: ModelRequest[]): Promise<number> {
  const provider = aProvider();
  const asked = { topic: TOPIC, system: "guided", validation_fraction: 0.3 };
  const { id } = await world.json("POST", "/v1/exports", asked);
  await world.deliver();
  const fineTune = await aTunedModel(world, provider, id);
  ways.set("files sent to the fine-tuning service", provider.files.join("\n"));
  const before = requests.length;
  await world.json("POST", `/v1/fine-tunes/${fineTune}/comparison`, {});
  await world.deliver();
  ways.set("what a comparison asks", requests.slice(before).map(textOf).join("\n"));
  const result = await world.call("GET", `/v1/fine-tunes/${fineTune}/comparison`);
  ways.set("GET /v1/fine-tunes/{id}/comparison", await result.clone().text());
  ways.set("GET /v1/fine-tunes/{id}", await (await world.call("GET", `/v1/fine-tunes/${fineTune}`)).text());
  return ((await result.json()) as { cases: number }).cases;
}

/** What is shown of a failure that holds no personal data, among others that do. */
async function gatherOthers(world: World, ways: WaysOut, id: string): Promise<void> {
  const { data } = await world.json("GET", "/v1/improvements?limit=100");
  const own = data.find((row: { original_prompt: string }) => row.original_prompt.includes(MARK));
  for (const path of [`/v1/failures/${id}`, `/v1/improvements/${own.id}`, `/improvements/${own.id}`])
    ways.set(`GET ${path.replace(/[^/]+$/, "{another}")}`, await (await world.call("GET", path)).text());
  for (const path of ["/runs", "/judge", "/fine-tunes", "/v1/judge/calibration", "/v1/dead-letters"])
    ways.set(`GET ${path}`, await (await world.call("GET", path)).text());
}

/** All rows that belong to no failure. */
async function gatherTables(ways: WaysOut): Promise<void> {
  const { results } = await env.DB.prepare("select name from sqlite_master where type = 'table'").all<{
    name: string;
  }>();
  for (const { name } of results) {
    if (OWN_TABLES.includes(name) || name.startsWith("_") || name.startsWith("sqlite_")) continue;
    const rows = await env.DB.prepare(`select * from "${name}"`).all();
    ways.set(`the table ${name}`, JSON.stringify(rows.results));
  }
}

/** Where values of a kind stand, way by way. */
export const leaks = (ways: WaysOut, kind: PlantedKind) =>
  [...ways].flatMap(([way, text]) => {
    const found = tracesOf(kind, text);
    return found.length === 0 ? [] : `${way}: ${found.slice(0, 3).join(", ")}`;
  });
