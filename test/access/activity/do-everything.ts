import { env } from "cloudflare:test";
import { expect } from "vitest";
import { findCluster } from "../../../src/clusters/topics/topics.ts";
import { lessons } from "../../../src/db/schema/clusters.ts";
import { deadLetters } from "../../../src/db/schema/jobs.ts";
import { aFile } from "../../exports/a-file.ts";
import { type aProvider, aTunedModel } from "../../fine-tunes/provider.ts";
import { aFailure, createWorld, ofTwoCustomers, type World } from "../../support/world.ts";
import { aKey } from "../a-key.ts";

/** Stands in every text and name that is sent, and may stand in no entry. */
export const MARK = "zarquon";

const FORM = { "content-type": "application/x-www-form-urlencoded", origin: "http://localhost" };
const ADDRESS = "203.0.113.77";

/** Entries of the log, oldest first. */
export const entries = async () =>
  (await env.DB.prepare("select * from activity order by id").all<Record<string, string | null>>()).results;

const topic = `${MARK} refunds`;
const failure_category = `${MARK} category`;

type Act = (
  route: string,
  params: Record<string, string>,
  body?: object | string,
  subject?: string | null,
) => Promise<{
  entry: Record<string, string | null> | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  json: any;
  cookie: string;
}>;

interface Use {
  world: World;
  key: string;
  exportId: string;
  /** A fine-tune with a model. */
  tuned: string;
  /** Calls a route with its parameters, and finds one entry more. */
  act: Act;
  /** What stands in no entry. */
  secrets: string[];
}

/**
 * Does everything that the log records once, by the API and by the pages, as one key.
 * @returns the routes that were used, and all that is secret
 */
export async function doEverything(provider: ReturnType<typeof aProvider>) {
  const vars = { FINE_TUNE_BASE_URL: "https://trainer.example/v1", FINE_TUNE_API_KEY: "trainer-key" };
  const world = createWorld({ vars });
  const exportId = await aFile(world, { validation_fraction: 0.3 });
  const tuned = await aTunedModel(world, provider, exportId);
  const about = { topic, failure_category, metadata: { requester_id: MARK } };
  const texts = { original_prompt: `Where is ${MARK}?`, agent_reply: `It left, ${MARK}.`, ai_reply: `No ${MARK}.` };
  await world.correctAll(...ofTwoCustomers({ ...about, ai_reply: `Wait, ${MARK}.` }), aFailure({ ...about, ...texts }));
  await world.record(aFailure({ ...about, ...texts, original_prompt: `${MARK} never came.` }));
  const caller = await aKey(world, ["admin"], { name: "The caller" });
  await env.DB.prepare("delete from activity").run();
  const { act, used } = counting(world, caller);
  const use: Use = { world, key: caller.key, exportId, tuned, act, secrets: [caller.key.slice(40), ADDRESS] };
  const rooms = [keys, runs, opinions, withdrawals, exportsAndLinks, fineTunes, clusters, theRest, signingIn];
  for (const room of rooms) await room(use);
  return { used, secrets: use.secrets };
}

function counting(world: World, caller: Awaited<ReturnType<typeof aKey>>) {
  const used: string[] = [];
  const act: Act = async (route, params, body, subject) => {
    used.push(route);
    const [method = "", pattern = ""] = route.split(" ");
    const path = pattern.replace(/:(\w+)(\{[^}]*\})?/g, (_, name) => encodeURIComponent(params[name] ?? ""));
    const headers = { ...caller.headers, "cf-connecting-ip": ADDRESS, ...(typeof body === "string" && FORM) };
    const answer = await world.call(method, path, body, headers);
    const text = new TextDecoder().decode(await answer.arrayBuffer());
    expect(answer.status, `${route}: ${text}`).toBeLessThan(400);
    const all = await entries();
    expect(all.length, route).toBe(used.length);
    const entry = all.at(-1);
    expect(entry, route).toMatchObject({ outcome: "done", address_hash: expect.stringMatching(/^[\w-]{16}$/) });
    // Whoever has a link needs no key; it says whose it is.
    if (route.includes("/links/:token")) expect(entry?.after, route).toContain(caller.id);
    else expect(entry, route).toMatchObject({ caller: "The caller", caller_id: caller.id, caller_kind: "key" });
    if (subject !== undefined) expect(entry?.subject_id, route).toBe(subject);
    else expect(entry?.subject_id, route).toMatch(/^[0-9a-f-]{36}$/);
    const json = text.startsWith("{") && !path.endsWith(".jsonl") ? JSON.parse(text) : {};
    return { entry, json, cookie: answer.headers.get("set-cookie") ?? "" };
  };
  return { used, act };
}

const form = (fields: Record<string, string> = {}) => new URLSearchParams(fields).toString();

const newest = async (world: World, path: string) => (await world.json("GET", path)).data[0].id as string;

async function keys({ world, act, secrets }: Use): Promise<void> {
  const made = await act("POST /v1/keys", {}, { name: `${MARK} key`, scopes: ["read"] });
  secrets.push(made.json.key.slice(40));
  await act("DELETE /v1/keys/:id", { id: made.json.id });
  await act("POST /settings/keys", {}, form({ name: `${MARK} other key`, scopes: "read", last_day: "" }));
  await act("POST /settings/keys/:id/revoke", { id: await newest(world, "/v1/keys") }, form());
}

async function runs({ world, act, exportId }: Use): Promise<void> {
  await act("POST /v1/correction-runs", {}, { topic, failure_category });
  await act("POST /runs", {}, form({ topic }));
  await act("POST /v1/corrections/resume", {}, undefined, null);
  await act("POST /runs/resume", {}, form(), null);
  for (const route of ["POST /v1/dead-letters/:id/replay", "POST /dead-letters/:id/replay"]) {
    const letter = { id: crypto.randomUUID(), queue: "jobs" as const, body: { job: "export", id: exportId } };
    await world.services.db.insert(deadLetters).values({ ...letter, error: MARK, createdAt: world.now });
    await act(route, { id: letter.id }, route.includes("/v1/") ? undefined : form());
  }
  await act("POST /v1/judge/controls", {}, { sample: 1 });
  await act("POST /judge/controls", {}, form({ sample: "1" }));
  await world.deliver();
}

async function opinions({ world, key, act }: Use): Promise<void> {
  const item = async () => {
    const next = await world.call("GET", "/v1/audit/next", undefined, { authorization: `Bearer ${key}` });
    return ((await next.json()) as { item: { id: string } }).item.id;
  };
  const label = { better: "equal", first: 3, second: 3 };
  await act("POST /v1/audit/items/:id/labels", { id: await item() }, label);
  await act("POST /audit/items/:id", { id: await item() }, form({ better: "equal", first: "3", second: "3" }));
  const improved = (await world.json("GET", `/v1/improvements?topic=${encodeURIComponent(topic)}`)).data;
  const review = { note: `${MARK} note`, version: improved[0].version };
  const approve = { ...review, decision: "approve", corrected_reply: `Better, ${MARK}.` };
  await act("POST /v1/improvements/:id/review", { id: improved[0].id }, approve);
  const again = { ...review, version: String(improved[1].version), decision: "reject" };
  await act("POST /improvements/:id/review", { id: improved[1].id }, form(again));
}

async function withdrawals({ world, act }: Use): Promise<void> {
  const withdrawal = { topic, mode: "withdraw", reason: `${MARK} reason` };
  for (const [route, undo, body] of [
    ["POST /v1/withdrawals", "POST /v1/withdrawals/:id/undo", withdrawal],
    ["POST /withdrawals", "POST /withdrawals/:id/undo", form(withdrawal)],
  ] as const) {
    await act(route, {}, body);
    await world.deliver();
    await act(undo, { id: await newest(world, "/v1/withdrawals") }, typeof body === "string" ? form() : undefined);
    await world.deliver();
  }
}

async function exportsAndLinks({ world, act, exportId, secrets }: Use): Promise<void> {
  await act("POST /v1/exports", {}, { topic });
  const first = await newest(world, "/v1/exports");
  await act("POST /exports", {}, form({ topic }));
  const second = await newest(world, "/v1/exports");
  const change = "POST /exports/:id/:change{cancel|rebuild|delete}";
  await act("POST /v1/exports/:id/cancel", { id: first });
  await act(change, { id: second, change: "cancel" }, form());
  await act("POST /v1/exports/:id/rebuild", { id: first });
  await world.deliver();
  await act(change, { id: second, change: "rebuild" }, form());
  await world.deliver();
  const links = await act("POST /v1/exports/:id/links", { id: exportId }, {});
  const link = new URL(links.json.links["training_data.jsonl"]).pathname.split("/");
  secrets.push(link[3]?.split(".")[3] ?? "");
  await act("GET /v1/links/:token/:file", { token: link[3] ?? "", file: link[4] ?? "" });
  await act("GET /v1/exports/:id/training_data.jsonl", { id: exportId });
  await act("GET /v1/exports/:id/validation_data.jsonl", { id: exportId });
  await act("DELETE /v1/exports/:id", { id: first });
  await act(change, { id: second, change: "delete" }, form());
}

async function fineTunes({ world, act, exportId, tuned }: Use): Promise<void> {
  const training = { export_id: exportId, base_model: "base", suffix: MARK };
  const tune = await act("POST /v1/fine-tunes", {}, { ...training, method: "supervised" });
  await act("POST /v1/fine-tunes/:id/cancel", { id: tune.json.id });
  await act("POST /fine-tunes", {}, form(training));
  await act("POST /fine-tunes/:id/cancel", { id: await newest(world, "/v1/fine-tunes") }, form());
  await act("POST /v1/fine-tunes/:id/comparison", { id: tuned }, {});
  await act("POST /v1/fine-tunes/:id/comparison/cancel", { id: tuned });
  await act("POST /fine-tunes/:id/compare", { id: tuned }, form({ limit: "5" }));
  await act("POST /fine-tunes/:id/compare/cancel", { id: tuned }, form());
  const set = await act("PUT /v1/bot-model", {}, { fine_tune_id: tuned }, tuned);
  expect([set.entry?.before, set.entry?.after]).toEqual(['{"model":null}', '{"model":"ft:base:1"}']);
  await act("DELETE /v1/bot-model", {}, undefined, null);
  await act("POST /fine-tunes/:id/use", { id: tuned }, form());
  const cleared = await act("POST /bot-model/clear", {}, form(), null);
  expect([cleared.entry?.before, cleared.entry?.after]).toEqual(['{"model":"ft:base:1"}', '{"model":null}']);
}

async function clusters({ world, act }: Use): Promise<void> {
  const cluster = await findCluster(world.services.db, topic);
  const lesson = { text: `Say ${MARK}.`, pinned: false };
  const { guidance_version: version } = await world.json("GET", `/v1/clusters/${encodeURIComponent(topic)}`);
  const edit = { version, lessons: [lesson] };
  const edited = await act("PUT /v1/clusters/:topic/guidance", { topic }, edit, cluster?.id);
  expect([edited.entry?.before, edited.entry?.after]).toEqual([
    JSON.stringify({ version }),
    JSON.stringify({ version: version + 1, lessons: 1 }),
  ]);
  const fields = form({ version: String(version + 1), id: "", text: lesson.text, failure_category: "", pinned: "no" });
  await act("POST /clusters/:topic/guidance", { topic }, fields, cluster?.id);
  for (const [route, body] of [
    ["POST /v1/clusters/:topic/lessons/:id/approve", undefined],
    ["POST /v1/clusters/:topic/lessons/:id/reject", undefined],
    ["POST /clusters/:topic/lessons/:id", form({ decision: "reject" })],
  ] as const) {
    const waiting = { id: crypto.randomUUID(), clusterId: cluster?.id ?? "", slot: null, failureCategory: null };
    const of = { source: "model" as const, pinned: false, evidence: [], witnesses: [], heard: [] };
    await world.services.db
      .insert(lessons)
      .values({ ...waiting, ...of, text: `Never ${MARK} it again.`, createdAt: world.now });
    const decided = await act(route, { topic, id: waiting.id }, body, waiting.id);
    expect(decided.entry?.after).toBe(JSON.stringify({ decision: route.endsWith("approve") ? "approve" : "reject" }));
  }
  const renamed = `${MARK} money back`;
  await act("POST /v1/clusters/:topic/rename", { topic }, { topic: renamed }, cluster?.id);
  const other = { into: `${MARK} others`, failure_category };
  await act("POST /v1/clusters/:topic/split", { topic: renamed }, other, cluster?.id);
  await act("POST /v1/clusters/:topic/merge", { topic: renamed }, { into: other.into }, cluster?.id);
}

async function theRest({ world, act }: Use): Promise<void> {
  await act("POST /v1/router/train", {}, undefined, null);
  await act("DELETE /v1/failures/:id", { id: await newest(world, "/v1/failures") });
}

async function signingIn({ act, key, secrets }: Use): Promise<void> {
  const signIn = await act("POST /sign-in", {}, form({ key, next: `/?${MARK}` }), null);
  secrets.push(/session=([^;]+)/.exec(signIn.cookie)?.[1] ?? "");
  await act("POST /sign-out", {}, form(), null);
  await act("POST /sign-out/everywhere", {}, form(), null);
}
