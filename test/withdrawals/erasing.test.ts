import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { createWorld } from "../support/world.ts";
import {
  aWorld,
  badBatch,
  clearAll,
  correct,
  goodBatch,
  importBatch,
  learn,
  learningModel,
  newExport,
  TOPIC,
  withdraw,
} from "./poison.ts";

beforeEach(clearAll);

const column = async (query: string, name: string) =>
  (await env.DB.prepare(query).all<Record<string, unknown>>()).results.map((row) => row[name]);

describe("an erasure of what was withdrawn", { timeout: 60_000 }, () => {
  it("knows the cluster and the category that it was in, though it has neither any more", async () => {
    const world = aWorld();
    await importBatch(world, goodBatch(2));
    const importId = await importBatch(world, badBatch(2));
    await correct(world);
    const clusterId = (await findCluster(world.services.db, TOPIC))?.id;
    await env.DB.prepare("delete from ai_reply_improvements").run();
    await withdraw(world, { import_id: importId });
    const [id] = await column("select id from failed_replies where status = 'withdrawn' order by id", "id");
    await env.DB.prepare("delete from router_training").run();
    expect((await world.call("DELETE", `/v1/failures/${id}`)).status).toBe(200);
    const [kept] = (await env.DB.prepare("select contexts, taught_cluster_ids from erasures").all()).results;
    expect(JSON.parse(String(kept?.taught_cluster_ids))).toEqual([clusterId]);
    expect(JSON.parse(String(kept?.contexts))).toContainEqual({
      clusterId,
      failureCategory: "missing_information",
    });
    expect(await column("select forget_by from router_training", "forget_by")).toEqual([expect.any(Number)]);
  });

  it("deletes the files that a withdrawal has closed, and an undo does not open what is gone", async () => {
    const world = aWorld();
    await importBatch(world, goodBatch(2));
    const importId = await importBatch(world, badBatch(2));
    await correct(world);
    const { id: held } = await newExport(world);
    const withdrawal = await withdraw(world, { import_id: importId });
    const files = async () => (await env.EXPORTS.list({ prefix: `exports/${held}/` })).objects.map(({ key }) => key);
    const isTraining = (key: string) => key.endsWith("training_data.jsonl");
    expect((await files()).filter(isTraining)).toHaveLength(1);
    expect(await world.json("GET", `/v1/exports/${held}`)).toMatchObject({ stale_reason: "withdrawn" });
    const [id] = await column("select id from failed_replies where status = 'withdrawn'", "id");
    const erased = await (await world.call("DELETE", `/v1/failures/${id}`)).json<{ exports: { id: string }[] }>();
    expect(erased.exports.map((one) => one.id)).toContain(held);
    expect((await files()).filter(isTraining)).toEqual([]);
    expect(await world.json("GET", `/v1/exports/${held}`)).toMatchObject({ stale: true, stale_reason: "erased" });
    await world.json("POST", `/v1/withdrawals/${withdrawal}/undo`);
    await world.deliver();
    expect(await world.json("GET", `/v1/exports/${held}`)).toMatchObject({ stale: true, stale_reason: "erased" });
    expect((await world.call("GET", `/v1/exports/${held}/training_data.jsonl`)).status).toBe(409);
  });

  it("erases a whole piece together, so that each file is looked into once and not once for each", async () => {
    const world = aWorld();
    const importId = await importBatch(world, badBatch(6));
    await withdraw(world, { import_id: importId }, "erase");
    expect(await column("select count(*) as n from erasures", "n")).toEqual([6]);
    expect(await column("select count(distinct batch_id) as n from erasures", "n")).toEqual([1]);
    expect(await column("select finished_at is null as open from erasures", "open")).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe("a withdrawal", { timeout: 60_000 }, () => {
  it("leaves nothing marked as sent, and what it gives back is due at once", async () => {
    const world = createWorld({ model: learningModel(), vars: { AUTO_CORRECT: "true" } });
    const importId = await importBatch(world, badBatch(2));
    // The messages are on their way for longer than the withdrawal takes.
    world.corrections.take();
    expect(await column("select sent from failed_replies", "sent")).toEqual([1, 1]);
    const id = await withdraw(world, { import_id: importId });
    expect(await column("select sent from failed_replies", "sent")).toEqual([0, 0]);
    await world.json("POST", `/v1/withdrawals/${id}/undo`);
    await world.deliver();
    const back = (await env.DB.prepare("select status, sent, due_at from failed_replies").all()).results;
    expect(back).toEqual([1, 2].map(() => ({ status: "pending", sent: 0, due_at: expect.any(Number) })));
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", "/v1/failures?status=improved")).data).toHaveLength(2);
  });

  it("has the failures that are left learned once more, and none of those it took", async () => {
    const world = aWorld();
    await importBatch(world, goodBatch(3));
    const importId = await importBatch(world, badBatch(4));
    await correct(world);
    await learn(world);
    const good = await column("select id from failed_replies where channel = 'chat' order by id", "id");
    await withdraw(world, { import_id: importId });
    const [unread] = await column("select unread from clusters where topic = 'refunds'", "unread");
    const again: unknown[] = JSON.parse(String(unread));
    expect(again.length).toBeGreaterThan(0);
    expect(again.filter((id) => !good.includes(id))).toEqual([]);
  });
});
