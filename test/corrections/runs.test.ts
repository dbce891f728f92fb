import { describe, expect, it } from "vitest";
import { MAX_TRIES } from "../../src/failures/failure-state.ts";
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

  it("does over what failed, when asked to", async () => {
    const world = createWorld({
      model: modelThat(() => {
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
