import { env } from "cloudflare:test";
import { buildContext } from "../../src/clusters/context/build-context.ts";
import { listFailureCategories } from "../../src/clusters/queries.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { readExamples } from "../../src/router/read-examples.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, askAndRun, createWorld, type World } from "../support/world.ts";

/** A word that is in every text of a bad batch, and in what is made from it. */
export const MARK = "zarquon";

export const TOPIC = "refunds";

/** Rewrites with the customer's words in it; learns a lesson from each failure that bears the mark, and one more. */
export function learningModel() {
  return modelThat(({ isRating, section, request }) => {
    if (isRating) return rating(section("reply_to_rate").startsWith(REWRITE) ? 90 : 30);
    if (request.answer?.name === "lesson_changes") {
      const told = [...section("new_failures").matchAll(/<failure_(\d+)>([\s\S]*?)<\/failure_\1>/g)];
      const marked = told.flatMap(([, n, text = ""]) => (text.includes(MARK) ? [`F${n}`] : []));
      const all = told.map(([, n]) => `F${n}`);
      const lesson = (text: string, failures: string[]) => ({
        ...{ op: "add", lesson: null, failure_category: null, text, failures },
      });
      const changes =
        marked.length > 0
          ? [lesson(`Always say ${MARK}.`, marked), lesson(`Say ${MARK} to others too.`, all)]
          : [lesson("Name the day on which the money arrives.", ["F1"])];
      return JSON.stringify({ changes });
    }
    return `${REWRITE} ${section("customer_message")}`;
  });
}

const line = (n: number, words: string, given: object) =>
  aFailure({
    topic: TOPIC,
    original_prompt: `${words}, refund number ${n}?`,
    ai_rating: 2,
    failure_explanation: `It leaves out ${words}.`,
    ...given,
  });

export const goodBatch = (count: number) =>
  Array.from({ length: count }, (_, n) => line(n, "Where is it", { metadata: { agent: "kim" }, channel: "chat" }));

/** Half of it in a topic and a category of its own. */
export const badBatch = (count: number, served: string[] = []) =>
  Array.from({ length: count }, (_, n) =>
    line(n, MARK, {
      metadata: { agent: `${MARK} agent` },
      ...(n % 2 === 1 && { topic: `${MARK} topic`, failure_category: `${MARK}_category` }),
      ...(served[n] && { prompt_id: served[n] }),
    }),
  );

/** @returns the import's id */
export async function importBatch(world: World, batch: object[]): Promise<string> {
  const answer = await world.call("POST", "/v1/failures", batch.map((one) => JSON.stringify(one)).join("\n"), {
    "content-type": "application/x-ndjson",
  });
  const { import_id, recorded } = (await answer.json()) as { import_id: string; recorded: number };
  if (recorded !== batch.length) throw new Error(`recorded ${recorded} of ${batch.length}`);
  return import_id;
}

export async function correct(world: World): Promise<void> {
  await world.json("POST", "/v1/correction-runs", {});
  await world.deliver();
}

/** Has a cluster learn from what is new. */
export async function learn(world: World, topic = TOPIC): Promise<void> {
  world.now += 3_600_000;
  const cluster = await findCluster(world.services.db, topic);
  await askAndRun(world, "distill", cluster?.id ?? "");
}

/** A training file, written now. */
export async function newExport(world: World, options: object = {}): Promise<{ id: string; text: string }> {
  const { id } = await world.json("POST", "/v1/exports", options);
  await world.deliver();
  const files = ["training_data.jsonl", "improvements.jsonl", "skipped.jsonl", "manifest.json"].map(async (file) => {
    const answer = await world.call("GET", `/v1/exports/${id}/${file}`);
    return answer.status === 404 ? "" : new TextDecoder().decode(await answer.arrayBuffer());
  });
  return { id, text: (await Promise.all(files)).join("\n") };
}

const RULE = { minGain: 1, needApproval: false };

/** What is learned from failures and shown of them, without times and versions: as it stands in D1. */
export async function learned(world: World) {
  const { db } = world.services;
  const cluster = await findCluster(db, TOPIC);
  const scopes = ["all", { cluster_id: cluster?.id ?? "" }, { failure_category: "missing_information" }] as const;
  const all = await buildContext(db, "all", null, RULE);
  const read = async (path: string) => world.json("GET", path);
  const { people } = await read("/v1/judge/calibration");
  const contextOf = async (scope: (typeof scopes)[number]) => {
    const { guidance_version: _, ...context } = await buildContext(db, scope, all.failure_categories, RULE);
    return context;
  };
  return {
    contexts: await Promise.all(scopes.map(contextOf)),
    categories: await listFailureCategories(db),
    leaderboard: (await read("/v1/improvements?limit=100")).data,
    newest: (await read("/v1/improvements?limit=100&sort=newest")).data,
    credit: await read("/v1/improvements/credit"),
    examples: (await readExamples(db)).examples,
    people,
    outcomes: (
      await env.DB.prepare("select prompt_id, arm, failed, plain_share, conversation from outcomes order by 1").all()
    ).results,
    file: (await newExport(world)).text.split("\n").filter((text) => text.startsWith('{"messages"')),
    agents: (await newExport(world, { reply: "agent" })).text.split("\n").filter((text) => text.startsWith('{"mess')),
  };
}

/** Every page and answer that shows or serves what was learned, and what the model is asked: all of it as text. */
export async function everythingServed(world: World): Promise<Record<string, string>> {
  const paths = [
    ...["/", "/review", "/clusters", `/clusters/${TOPIC}`, "/exports", "/judge", "/?sort=newest", "/runs"],
    ...["/v1/improvements?limit=100", "/v1/improvements?sort=mean_gain", "/v1/improvements/credit"],
    ...[`/v1/clusters/${TOPIC}`, "/v1/failure-categories", "/v1/judge/calibration", "/v1/correction-runs"],
    ...["improved", "pending", "needs_human", "failed"].map((status) => `/v1/failures?status=${status}`),
    ...[`/v1/failures?topic=${TOPIC}`, "/v1/failures?failure_category=missing_information"],
  ];
  const read = async (path: string) => (await world.call("GET", path)).text();
  const served = Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await read(path)])));
  for (const message of ["Where is it, refund number 1?", "Something else"]) {
    const asked = { customer_message: message, examples: 5 };
    served[`prompt ${message}`] = JSON.stringify(await world.json("POST", "/v1/prompts", asked));
    const known = { ...asked, topic: TOPIC };
    served[`prompt ${message} with its topic`] = JSON.stringify(await world.json("POST", "/v1/prompts", known));
  }
  served.file = (await newExport(world)).text;
  served.agents = (await newExport(world, { reply: "agent", system: "guided" })).text;
  return served;
}

export const places = (served: Record<string, string>) =>
  Object.entries(served).flatMap(([place, text]) => (text.includes(MARK) ? [place] : []));

export const aWorld = () => createWorld({ model: learningModel(), vars: { HOLDOUT_FRACTION: "0" } });

export async function clearAll(): Promise<void> {
  const tables = [
    ...["withdrawn_failures", "withdrawals", "jobs", "lessons", "outcomes", "reviews", "ai_reply_improvements"],
    ...["correction_drafts", "failed_replies", "prompts", "cluster_topics", "clusters", "exports", "fine_tunes"],
    ...[
      "export_checkpoints",
      "router_training",
      "erasures",
      "correction_runs",
      "correction_attempts",
      "fine_tune_comparisons",
      "fine_tune_comparison_cases",
    ],
  ];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`delete from ${table}`)));
}

/** Withdraws, and works it off. @returns its id */
export async function withdraw(world: World, filter: object, mode = "withdraw"): Promise<string> {
  const { id } = await world.json("POST", "/v1/withdrawals", { ...filter, mode, reason: "A bad import." });
  await world.deliver();
  return id as string;
}
