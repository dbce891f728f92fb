import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type Scope, scopeName } from "../../src/clusters/context/context.ts";
import { changeLessons } from "../../src/clusters/lessons/change-lessons.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { eraseFailure } from "../../src/erasure/erase-failure.ts";
import { EXPORT_LIMITS, type ExportLimits } from "../../src/exports/export-state.ts";
import { writeExport } from "../../src/exports/write-export.ts";
import { LEASE_MS } from "../../src/lib/keep-lease.ts";
import { LimitError } from "../../src/llm/pace/limit-error.ts";
import type { Services } from "../../src/services.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, approveWaiting, askAndRun, createWorld, runJob } from "../support/world.ts";

const rewriter = modelThat(({ isRating, section }) => {
  if (isRating) return rating(section("reply_to_rate").startsWith(REWRITE) ? 90 : 30);
  return `${REWRITE} ${section("customer_message").split("-")[0]}`;
});

/** A cluster with one lesson in force, learned from the failures that are named: F1 is the first, F2 the third of three. */
async function taught(evidence: string[], topic = `erasure-${crypto.randomUUID()}`) {
  const secret = `Mrs Quillfeather of ${crypto.randomUUID().replace(/[^a-f]/g, "")}`;
  const change = { op: "add", lesson: null, failure_category: "tone", text: `Ask ${secret}.`, failures: evidence };
  // From the one half of the customers; the other half teaches nothing.
  const changes = [change];
  const model = modelThat(({ isRating, section, request }) => {
    if (isRating) return rating(section("reply_to_rate") === REWRITE ? 90 : 30);
    return request.answer ? JSON.stringify({ changes: changes.splice(0) }) : REWRITE;
  });
  const world = createWorld({ model });
  const ids = await world.correctAll(
    ...[1, 2, 3].map((n) => aFailure({ topic, original_prompt: `Message ${n} ${topic}` })),
  );
  const id = (await findCluster(world.services.db, topic))?.id ?? "";
  await askAndRun(world, "distill", id);
  // Learned from one customer alone it waits for a person.
  await approveWaiting(world, topic);
  const path = `/v1/clusters/${topic}`;
  const stub = env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName({ cluster_id: id })));
  await stub.forget({ cluster_id: id });
  return { world, topic, ids, id, path, secret, stub };
}

/** One message of an export, with these limits. */
function write(services: Services, id: string, limits: ExportLimits): Promise<void> {
  return runJob(services, "export", id, (given, held) => writeExport(given, held, limits));
}

const lessonsWith = async (text: string) =>
  (await env.DB.prepare("select count(*) as n from lessons where text like ?").bind(`%${text}%`).first<{ n: number }>())
    ?.n;

describe("an erasure", () => {
  it("takes what a correction that waits had been answered", async () => {
    const model = modelThat(({ isRating }) => {
      if (isRating) throw new LimitError(Date.now() + 60_000, Date.now(), "The limit is used up.");
      return REWRITE;
    });
    const world = createWorld({ model });
    const [id = ""] = await world.correctAll(aFailure());
    const drafts = () =>
      env.DB.prepare("select count(*) as n from correction_drafts where failed_reply_id = ?").bind(id).first("n");
    expect(await drafts()).toBe(1);
    await world.call("DELETE", `/v1/failures/${id}`);
    expect(await drafts()).toBe(0);
  });

  it("takes the lesson learned from the failure alone out of tables, contexts and prompts", async () => {
    const { world, topic, ids, id, path, secret, stub } = await taught(["F1"]);
    const ask = () => world.json("POST", "/v1/prompts", { customer_message: "Hi", topic });
    expect((await ask()).messages[0].content).toContain(secret);
    const before = await world.json("GET", path);
    await world.call("DELETE", `/v1/failures/${ids[0]}`);
    expect(await lessonsWith(secret)).toBe(0);
    expect(JSON.stringify(await stub.read({ cluster_id: id }))).not.toContain(secret);
    const after = await world.json("GET", path);
    expect(after).toMatchObject({ waiting: [], guidance_version: before.guidance_version + 1 });
    expect(JSON.stringify(after)).not.toContain(secret);
    // Even an isolate that was idle does not answer with its old copy.
    world.now += 3_600_000;
    expect(JSON.stringify(await ask())).not.toContain(secret);
    const late = { version: before.guidance_version, lessons: [] };
    expect((await world.call("PUT", `${path}/guidance`, late)).status).toBe(409);
  });

  it("leaves a lesson that others taught as well, without naming the erased failure", async () => {
    const { world, ids, path, secret } = await taught(["F1", "F2"]);
    await world.call("DELETE", `/v1/failures/${ids[0]}`);
    const [lesson] = (await world.json("GET", path)).guidance;
    expect(lesson.text).toContain(secret);
    expect(lesson.evidence).toHaveLength(1);
    expect(lesson.evidence).not.toContain(ids[0]);
    await world.call("DELETE", `/v1/failures/${lesson.evidence[0]}`);
    expect(JSON.stringify(await world.json("GET", path))).not.toContain(secret);
  });

  it("takes the model's words that a person only pinned, from the history too, and leaves the person's own", async () => {
    const pinned = await taught(["F1"]);
    const [lesson] = (await pinned.world.json("GET", pinned.path)).guidance;
    const put = (path: string, given: object) => pinned.world.json("PUT", `${path}/guidance`, { version: 2, ...given });
    await put(pinned.path, { lessons: [{ id: lesson.id, text: lesson.text, pinned: true }] });
    await pinned.world.call("DELETE", `/v1/failures/${lesson.evidence[0]}`);
    expect(await lessonsWith(pinned.secret)).toBe(0);

    const own = await taught(["F1"]);
    const [first] = (await own.world.json("GET", own.path)).guidance;
    await put(own.path, { lessons: [{ id: first.id, text: "Ask what is missing.", pinned: true }] });
    await own.world.call("DELETE", `/v1/failures/${first.evidence[0]}`);
    expect(await lessonsWith(own.secret)).toBe(0);
    expect((await own.world.json("GET", own.path)).guidance).toMatchObject([{ text: "Ask what is missing." }]);
  });

  it("is not undone by lessons that were being learned from the failure meanwhile", async () => {
    const { world, ids, id, secret } = await taught(["F1"]);
    await world.call("DELETE", `/v1/failures/${ids[2]}`);
    const added = { op: "add" as const, failure_category: null, text: `Late: ${secret}` };
    const late = { ...added, evidence: [ids[1] ?? ""], witnesses: [], heard: [] };
    const cluster = { id, guidanceVersion: 2 };
    const learn = (learnedFrom: string[]) => changeLessons(world.services, cluster, [late], "model", { learnedFrom });
    expect(await learn([ids[1] ?? "", ids[2] ?? ""])).toBeNull();
    expect(await lessonsWith(`Late: ${secret}`)).toBe(0);
    expect(await learn([ids[1] ?? ""])).toBe(3);
  });

  it("withdraws files whose guidance may hold its words, and only those", async () => {
    const { world, topic, ids, secret } = await taught(["F1"]);
    const other = `other-${crypto.randomUUID()}`;
    await world.correctAll(aFailure({ topic: other, original_prompt: `Elsewhere ${other}` }));
    const make = async (filter: object) => (await world.json("POST", "/v1/exports", filter)).id as string;
    const guided = await make({ topic, system: "guided", reply: "agent" });
    const elsewhere = await make({ topic: other, system: "guided" });
    await world.deliver();
    const file = (id: string) => world.call("GET", `/v1/exports/${id}/training_data.jsonl`);
    expect(await (await file(guided)).text()).toContain(secret);
    // Of the failures, the one that is in no line of the file, were it not for its lesson.
    await env.DB.prepare("delete from ai_reply_improvements where failed_reply_id = ?").bind(ids[0]).run();
    const answer = await world.json("DELETE", `/v1/failures/${ids[0]}`);
    expect(answer.exports.map(({ id }: { id: string }) => id)).toEqual([guided]);
    expect((await file(guided)).status).not.toBe(200);
    expect((await file(elsewhere)).status).toBe(200);
  });

  it("is not undone by a guided file that is written from an isolate's copy of the lessons", async () => {
    const { world, topic, ids, secret } = await taught(["F1"]);
    const asked = await world.json("POST", "/v1/prompts", { customer_message: "Hi", topic });
    expect(asked.messages[0].content).toContain(secret);
    await world.call("DELETE", `/v1/failures/${ids[0]}`);
    const { id } = await world.json("POST", "/v1/exports", { topic, system: "guided" });
    await world.deliver();
    const file = await world.call("GET", `/v1/exports/${id}/training_data.jsonl`);
    expect(file.status).toBe(200);
    expect(await file.text()).not.toContain(secret);
  });

  it("is not undone by a guided file that is begun before the contexts are built anew", async () => {
    const { world, topic, ids, secret } = await taught(["F1"]);
    const { services } = world;
    const { id } = await world.json("POST", "/v1/exports", { topic, system: "guided" });
    world.jobs.take();
    const piece = { ...EXPORT_LIMITS, pageRows: 1, pagesPerMessage: 1 };
    let begun = false;
    const meanwhile = async () => {
      if (!begun) await write(services, id, piece);
      begun = true;
    };
    const clusters = {
      idFromName: (name: string) => env.CLUSTERS.idFromName(name),
      get: (at: DurableObjectId) => ({
        forget: async (scope: Scope) => {
          await meanwhile();
          return env.CLUSTERS.get(at).forget(scope);
        },
      }),
    } as unknown as typeof services.clusters;
    await eraseFailure({ ...services, clusters }, ids[0] ?? "");
    expect(begun).toBe(true);
    await runJob(services, "export", id);
    const file = await world.call("GET", `/v1/exports/${id}/training_data.jsonl`);
    expect(file.status).toBe(200);
    expect(await file.text()).not.toContain(secret);
  });

  it("reaches an export that waits for its next try with a part of its rows written", async () => {
    const world = createWorld({ model: rewriter });
    const topic = `erasure-${crypto.randomUUID()}`;
    const ids = await world.correctAll(
      ...[1, 2, 3].map((n) => aFailure({ topic, original_prompt: `Message ${n} ${topic}` })),
    );
    const { id } = await world.json("POST", "/v1/exports", { topic });
    world.jobs.take();
    const piece = { ...EXPORT_LIMITS, pageRows: 2, pagesPerMessage: 1 };
    await write(world.services, id, piece);
    const bucket = new Proxy(env.EXPORTS, {
      get() {
        throw new Error("down");
      },
    });
    await write({ ...world.services, bucket }, id, piece);
    expect(await world.json("GET", `/v1/exports/${id}`)).toMatchObject({ status: "running" });
    await world.call("DELETE", `/v1/failures/${ids[0]}`);
    await runJob(world.services, "export", id);
    const text = await (await world.call("GET", `/v1/exports/${id}/training_data.jsonl`)).text();
    expect(text).not.toContain(`Message 1 ${topic}`);
    expect(text).toContain(`Message 2 ${topic}`);
    expect(text.trimEnd().split("\n")).toHaveLength(2);
  });

  it("withdraws a guided file that was asked for before the failure came, and built anew since", async () => {
    const early = createWorld({ model: rewriter });
    const topic = `erasure-${crypto.randomUUID()}`;
    await early.correctAll(aFailure({ topic, original_prompt: `Early ${topic}` }));
    const { id } = await early.json("POST", "/v1/exports", { topic, system: "guided" });
    await early.deliver();
    const { world, ids, secret } = await taught(["F2"], topic);
    await world.call("POST", `/v1/exports/${id}/rebuild`);
    await world.deliver();
    const file = () => world.call("GET", `/v1/exports/${id}/training_data.jsonl`);
    expect(await (await file()).text()).toContain(secret);
    const answer = await world.json("DELETE", `/v1/failures/${ids[1]}`);
    expect(answer.exports).toMatchObject([{ id }]);
    expect((await file()).status).toBe(409);
  });

  it("withdraws a guided file of a cluster that was merged away since", async () => {
    const { world, topic, ids, secret } = await taught(["F1"]);
    const { id } = await world.json("POST", "/v1/exports", { topic, system: "guided" });
    await world.deliver();
    const file = () => world.call("GET", `/v1/exports/${id}/training_data.jsonl`);
    expect(await (await file()).text()).toContain(secret);
    const into = `into-${crypto.randomUUID()}`;
    await world.record(aFailure({ topic: into }));
    expect((await world.call("POST", `/v1/clusters/${topic}/merge`, { into })).status).toBeLessThan(300);
    // Of the failures, the one that is in no line of the file, were it not for its lesson.
    await env.DB.prepare("delete from ai_reply_improvements where failed_reply_id = ?").bind(ids[0]).run();
    const answer = await world.json("DELETE", `/v1/failures/${ids[0]}`);
    expect(answer.exports).toMatchObject([{ id }]);
    expect((await file()).status).toBe(409);
  });

  it("is not undone by a delivery that is repeated after it", async () => {
    const world = createWorld();
    const erased = aFailure({ external_id: `erased "quoted" ${crypto.randomUUID()}` });
    const [id] = await world.record(erased);
    await world.call("DELETE", `/v1/failures/${id}`);
    const again = await world.call("POST", "/v1/failures", erased);
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ errors: [{ pointer: "/external_id" }] });
    const lines = [erased, aFailure(), { ...erased, ai_reply: "Edited." }].map((one) => JSON.stringify(one)).join("\n");
    const ndjson = { "content-type": "application/x-ndjson" };
    const imported = await (await world.call("POST", "/v1/failures", lines, ndjson)).json();
    expect(imported).toMatchObject({ received: 3, recorded: 1, duplicates: 0, rejected: 2 });
    expect(imported).toMatchObject({ errors: [{ line: 1, detail: expect.stringContaining("erased") }, { line: 3 }] });
    const rows = await env.DB.prepare("select * from erasures where failed_reply_id = ?").bind(id).all();
    expect(JSON.stringify(rows.results)).not.toContain("quoted");
  });

  it("goes on with the sweep where a context could not be built anew", async () => {
    const { world, ids, path, secret } = await taught(["F1"]);
    const healthy = world.services.clusters;
    world.services.clusters = new Proxy(healthy, {
      get() {
        throw new Error("down");
      },
    });
    expect((await world.call("DELETE", `/v1/failures/${ids[0]}`)).status).toBe(500);
    expect(await lessonsWith(secret)).toBe(0);
    const open = () => env.DB.prepare("select failed_reply_id as id from erasures where finished_at is null").all();
    expect((await open()).results).toEqual([{ id: ids[0] }]);
    world.services.clusters = healthy;
    world.now += LEASE_MS + 1;
    await world.sweep();
    await world.deliver();
    expect((await open()).results).toEqual([]);
    expect(JSON.stringify(await world.json("GET", path))).not.toContain(secret);
  });
});
