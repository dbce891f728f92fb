import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { sweepCorrections } from "../../src/corrections/sweep.ts";
import { MAX_TRIES } from "../../src/failures/failure-state.ts";
import { MOST_ON_THEIR_WAY } from "../../src/failures/wake-corrections.ts";
import { JOBS } from "../../src/job-table.ts";
import { consumeJobs } from "../../src/jobs/consume-jobs.ts";
import { ModelError } from "../../src/llm/model.ts";
import { goodModel, modelThat } from "../support/model.ts";
import { aFailure, createWorld, deliverTo } from "../support/world.ts";

const topic = () => `topic-${crypto.randomUUID()}`;

describe("a correction run", () => {
  it("takes all failures that match, however many pages they fill, and adds up", async () => {
    const world = createWorld();
    const mine = topic();
    const lines = Array.from({ length: 620 }, () => JSON.stringify(aFailure({ topic: mine }))).join("\n");
    await world.call("POST", "/v1/failures", lines, { "content-type": "application/x-ndjson" });
    await world.record(aFailure({ topic: topic() }));
    const run = await world.json("POST", "/v1/correction-runs", { topic: mine });
    expect(run.total).toBe(620);
    await world.deliver();
    const done = await world.json("GET", `/v1/correction-runs/${run.id}`);
    expect(done).toMatchObject({ total: 620, pending: 0, improved: 620, needs_human: 0, failed: 0 });
    expect(done.tokens).toEqual({ input: 620 * 50, output: 620 * 25 });
    expect(done.finished_at).not.toBeNull();
  }, 60_000);

  it("takes nothing a second time", async () => {
    const world = createWorld();
    const mine = topic();
    await world.record(aFailure({ topic: mine }), aFailure({ topic: mine }));
    expect((await world.json("POST", "/v1/correction-runs", { topic: mine })).total).toBe(2);
    await world.deliver();
    const again = await world.json("POST", "/v1/correction-runs", { topic: mine });
    expect(again.total).toBe(0);
    expect((await world.json("GET", `/v1/correction-runs/${again.id}`)).finished_at).not.toBeNull();
  });

  it("takes no more than its limit", async () => {
    const world = createWorld();
    const mine = topic();
    await world.record(...Array.from({ length: 3 }, () => aFailure({ topic: mine })));
    const run = await world.json("POST", "/v1/correction-runs", { topic: mine, limit: 2 });
    await world.deliver();
    expect(await world.json("GET", `/v1/correction-runs/${run.id}`)).toMatchObject({ total: 2, improved: 2 });
  });

  it("goes on after its message was lost", async () => {
    const world = createWorld();
    const mine = topic();
    await world.record(aFailure({ topic: mine }));
    const run = await world.json("POST", "/v1/correction-runs", { topic: mine });
    world.jobs.take();
    expect((await world.json("GET", `/v1/correction-runs/${run.id}`)).pending).toBe(1);
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", `/v1/correction-runs/${run.id}`)).improved).toBe(1);
  });

  it("corrects failures whose messages were lost, after the sweep sent them again", async () => {
    const world = createWorld();
    const mine = topic();
    await world.record(aFailure({ topic: mine }));
    const run = await world.json("POST", "/v1/correction-runs", { topic: mine });
    await deliverTo((batch) => consumeJobs(world.services, JOBS, batch), world.jobs.take());
    expect(world.corrections.take()).toHaveLength(1);
    world.now += 11 * 60_000;
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", `/v1/correction-runs/${run.id}`)).improved).toBe(1);
  });

  it("sends again what no consumer can have, and nothing that still waits in the queue of busy ones", async () => {
    const world = createWorld();
    const [id = "", other = ""] = await world.record(aFailure({ topic: topic() }), aFailure({ topic: topic() }));
    const held = (dueAt: number) =>
      env.DB.prepare("update failed_replies set status = 'correcting', due_at = ? where id = ?")
        .bind(dueAt, other)
        .run();
    await env.DB.prepare("update failed_replies set due_at = ? where id = ?").bind(world.now, id).run();
    await world.sweep();
    expect(world.corrections.take()).toContainEqual({ failure_id: id });
    // A consumer works on another failure for an hour.
    for (const minutes of [3, 20, 30]) {
      world.now += minutes * 60_000;
      await held(world.now + 60_000);
      await world.sweep();
      expect(world.corrections.take()).not.toContainEqual({ failure_id: id });
    }
    world.now += 10 * 60_000;
    await held(world.now + 60_000);
    await world.sweep();
    expect(world.corrections.take()).toContainEqual({ failure_id: id });
    // Nobody works on anything.
    await env.DB.prepare("update failed_replies set status = 'improved', due_at = null where id = ?").bind(other).run();
    world.now += 60_000;
    await world.sweep();
    expect(world.corrections.take()).not.toContainEqual({ failure_id: id });
    world.now += 90_000;
    await world.sweep();
    expect(world.corrections.take()).toContainEqual({ failure_id: id });
    await env.DB.prepare("update failed_replies set status = 'improved', due_at = null where id = ?").bind(id).run();
  });

  it("wakes what is due however many workers died, and frees those a part at a time", async () => {
    const world = createWorld();
    const mine = topic();
    const ids = await world.record(...Array.from({ length: 4 }, () => aFailure({ topic: mine })));
    const [first = "", ...dead] = ids;
    const set = (id: string, status: string, dueAt: number) =>
      env.DB.prepare("update failed_replies set status = ?, due_at = ? where id = ?").bind(status, dueAt, id).run();
    for (const id of dead) await set(id, "correcting", world.now - 1_000);
    await set(first, "pending", world.now - 1);
    // A fault in freeing does not take the turn of what is due.
    const broken = {
      ...world.services,
      chance: () => {
        throw new Error("down");
      },
    };
    await expect(sweepCorrections(broken)).rejects.toThrow("down");
    expect(world.corrections.take()).toEqual([{ failure_id: first }]);
    expect(await sweepCorrections(world.services)).toMatchObject({ freed: 3 });
    world.corrections.messages.push({ failure_id: first });
    await world.deliver();
  });

  it("sends no more messages than may be on their way, and the rest as they are worked off", async () => {
    const world = createWorld();
    const ids = Array.from({ length: MOST_ON_THEIR_WAY + 10 }, () => crypto.randomUUID());
    const [id = ""] = await world.record(aFailure());
    const row = await env.DB.prepare("select * from failed_replies where id = ?").bind(id).first();
    const columns = Object.keys(row ?? {});
    const own: Record<string, string> = { id: "each.value", external_id: "each.value", due_at: "?" };
    const values = columns.map((column) => own[column] ?? `f.${column}`);
    await env.DB.prepare(
      `insert into failed_replies (${columns}) select ${values} from json_each(?) each join failed_replies f on f.id = ?`,
    )
      .bind(world.now, JSON.stringify(ids), id)
      .run();
    await world.sweep();
    // Those of other tests that are on their way count as well.
    const sent = world.corrections.take().length;
    expect(sent).toBeGreaterThan(MOST_ON_THEIR_WAY - 50);
    expect(sent).toBeLessThanOrEqual(MOST_ON_THEIR_WAY);
    await world.sweep();
    expect(world.corrections.take()).toHaveLength(0);
    await env.DB.prepare("delete from failed_replies where external_id in (select value from json_each(?))")
      .bind(JSON.stringify(ids))
      .run();
  });

  it("tells its pace, and when it would be through", async () => {
    const world = createWorld();
    world.now += 24 * 3_600_000;
    const mine = topic();
    await world.correctAll(...Array.from({ length: 3 }, () => aFailure({ topic: mine })));
    await world.record(...Array.from({ length: 6 }, () => aFailure({ topic: mine })));
    const { id } = await world.json("POST", "/v1/correction-runs", { topic: mine });
    world.now += 10 * 60_000;
    const { pace } = await world.json("GET", `/v1/correction-runs/${id}`);
    expect(pace).toBeNull();
    await deliverTo((batch) => consumeJobs(world.services, JOBS, batch), world.jobs.take());
    const waiting = world.corrections.messages.splice(3);
    await world.deliver();
    const later = await world.json("GET", `/v1/correction-runs/${id}`);
    expect(later.pace.per_minute).toBeGreaterThan(0);
    expect(Date.parse(later.pace.finishes_at)).toBeGreaterThan(world.now);
    expect(await (await world.call("GET", `/runs/${id}`)).text()).toContain("corrections a minute");
    world.corrections.messages.push(...waiting);
    await world.deliver();
  });

  it("does over what failed, when asked to", async () => {
    const world = createWorld({
      // Down for what it is asked to rewrite, and there for the small call that probes it.
      model: modelThat(({ section }) => {
        if (section("agent_reply") === "") return "OK";
        throw new ModelError("retry", "provider_error", "down");
      }),
    });
    const mine = topic();
    const [id] = await world.record(aFailure({ topic: mine }));
    const first = await world.json("POST", "/v1/correction-runs", { topic: mine });
    for (let i = 0; i <= MAX_TRIES; i++) {
      await world.deliver();
      world.now += 24 * 3_600_000;
      await world.sweep();
    }
    expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({
      status: "failed",
      reason_code: "provider_error",
    });
    world.services.model = goodModel();
    expect((await world.json("POST", "/v1/correction-runs", { topic: mine })).total).toBe(0);
    const redo = await world.json("POST", "/v1/correction-runs", { topic: mine, redo: "failed" });
    await world.deliver();
    expect(await world.json("GET", `/v1/correction-runs/${redo.id}`)).toMatchObject({ total: 1, improved: 1 });
    expect(await world.json("GET", `/v1/correction-runs/${first.id}`)).toMatchObject({
      total: 1,
      failed: 1,
      pending: 0,
    });
  });

  it("refuses filters it does not know, and finds no run that is not there", async () => {
    const world = createWorld();
    expect((await world.call("POST", "/v1/correction-runs", { colour: "red" })).status).toBe(400);
    expect((await world.call("POST", "/v1/correction-runs", { redo: "all" })).status).toBe(400);
    expect((await world.call("GET", `/v1/correction-runs/${crypto.randomUUID()}`)).status).toBe(404);
    expect((await world.call("GET", "/v1/correction-runs/x")).status).toBe(400);
  });
});
