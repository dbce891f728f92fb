import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Scope } from "../../src/clusters/context/context.ts";
import { eraseFailures } from "../../src/erasure/erase-failures.ts";
import { EXPORT_LIMITS, type ExportLimits } from "../../src/exports/export-state.ts";
import { writeExport } from "../../src/exports/write-export.ts";
import { LEASE_MS } from "../../src/lib/keep-lease.ts";
import { LimitError } from "../../src/llm/limit-error.ts";
import type { Services } from "../../src/services.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld, runJob } from "../support/world.ts";
import { lessonsWith, taught } from "./taught.ts";

const rewriter = modelThat(({ isRating, section }) => {
  if (isRating) return rating(section("reply_to_rate").startsWith(REWRITE) ? 90 : 30);
  return `${REWRITE} ${section("customer_message")}`;
});

/** One message of an export, with these limits. */
function write(services: Services, id: string, limits: ExportLimits): Promise<void> {
  return runJob(services, "export", id, (given, held) => writeExport(given, held, limits));
}

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
    await eraseFailures({ ...services, clusters }, [ids[0] ?? ""]);
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
    const answer = await world.json("DELETE", `/v1/failures/${ids[0]}`);
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
    expect(await world.json("DELETE", `/v1/failures/${ids[0]}`)).toMatchObject({ state: "running", finished_at: null });
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
