import { describe, expect, it } from "vitest";
import { FAULTS, type Fault, faultyModel, seededPlan } from "../support/faulty-server.ts";
import { goodModel } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";
import { expectAllWell, settle } from "./invariant.ts";

/** What one fault, on the first call and never again, leads to: after that call, and in the end. */
const EXPECTED: Record<Fault, { first: object; end: string }> = {
  "429 with Retry-After": { first: { status: "pending", reason_code: "rate_limited", tries: 1 }, end: "improved" },
  "429 without": { first: { status: "pending", reason_code: "rate_limited", tries: 1 }, end: "improved" },
  "500": { first: { status: "pending", reason_code: "provider_error", tries: 1 }, end: "improved" },
  "503": { first: { status: "pending", reason_code: "overloaded", tries: 1 }, end: "improved" },
  "524 with HTML": { first: { status: "pending", reason_code: "timeout", tries: 1 }, end: "improved" },
  "no headers": { first: { status: "pending", reason_code: "timeout", tries: 1 }, end: "improved" },
  "slow drip": { first: { status: "pending", reason_code: "timeout", tries: 1 }, end: "improved" },
  "cut stream": { first: { status: "pending", reason_code: "connection_lost", tries: 1 }, end: "improved" },
  "lost connection": { first: { status: "pending", reason_code: "connection_lost", tries: 1 }, end: "improved" },
  // A rewrite is plain text: half a JSON is what the model said, and the guards refuse it as no reply.
  "malformed JSON": { first: { status: "improved", tries: 1 }, end: "improved" },
  "wrong schema": { first: { status: "improved", tries: 1 }, end: "improved" },
  refusal: { first: { status: "needs_human", reason_code: "refusal" }, end: "needs_human" },
  "content filter": { first: { status: "needs_human", reason_code: "content_filter" }, end: "needs_human" },
  truncation: { first: { status: "improved", tries: 1 }, end: "improved" },
  "empty answer": { first: { status: "improved", tries: 1 }, end: "improved" },
  "error text as the answer": { first: { status: "improved", tries: 1 }, end: "improved" },
  quota: { first: { status: "pending", reason_code: "no_credit", tries: 0 }, end: "improved" },
  "bad key": { first: { status: "pending", reason_code: "bad_key", tries: 0 }, end: "improved" },
  "unknown model": { first: { status: "pending", reason_code: "unknown_model", tries: 0 }, end: "improved" },
  "huge answer": { first: { status: "improved", tries: 1 }, end: "improved" },
};

describe("a fault of the model's server", () => {
  it.each(FAULTS)("%s: ends in the state the table says, and nothing of it becomes a reply", async (fault) => {
    const world = createWorld({ model: faultyModel((call) => (call === 1 ? fault : null)) });
    const [id] = await world.correctAll(aFailure());
    expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject(EXPECTED[fault].first);
    await settle(world);
    expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({ status: EXPECTED[fault].end });
    const { data } = await world.json("GET", "/v1/improvements?sort=newest&limit=1");
    expect(JSON.stringify(data[0]?.corrected_reply ?? "")).not.toMatch(/error|verdict|xxx|Your refund is"/i);
    await expectAllWell(world, [id ?? ""]);
  });

  it.each(["malformed JSON", "wrong schema", "refusal", "empty answer", "truncation"] as const)(
    "%s from the judge: the improvement stands, unscored, without a number made up",
    async (fault) => {
      const world = createWorld({ model: faultyModel((call) => (call === 1 ? null : fault)) });
      const [id] = await world.correctAll(aFailure());
      const { data } = await world.json("GET", "/v1/improvements?sort=newest&limit=1");
      expect(data[0]).toMatchObject({ failure_id: id, old_rating: null, new_rating: null, score_gain_estimate: null });
    },
  );

  it("a mixture of all, for any seed: every failure comes to its end", async () => {
    for (const seed of [1, 2, 3]) {
      const world = createWorld({ model: faultyModel(seededPlan(seed, 6)) });
      const ids = await world.correctAll(...Array.from({ length: 15 }, () => aFailure()));
      await settle(world);
      await expectAllWell(world, ids);
    }
  }, 60_000);
});

describe("the gate", () => {
  it("pauses the whole run for what an operator must mend, burns no try, says why, and goes on by itself", async () => {
    let mended = false;
    const model = faultyModel(() => (mended ? null : "quota"));
    const world = createWorld({ model });
    const topic = `paused-${crypto.randomUUID()}`;
    const ids = await world.record(...Array.from({ length: 40 }, () => aFailure({ topic })));
    const run = await world.json("POST", "/v1/correction-runs", { topic });
    await world.deliver();
    // Those already under way when the first answer came; nothing like one call each.
    expect(model.calls()).toBeLessThanOrEqual(12);
    const paused = await world.json("GET", `/v1/correction-runs/${run.id}`);
    expect(paused).toMatchObject({ pending: 40, failed: 0, waiting: { code: "no_credit" } });
    expect(await (await world.call("GET", `/runs/${run.id}`)).text()).toContain("no credit left");
    const before = model.calls();
    world.now += 6 * 60_000;
    await world.sweep();
    await world.deliver();
    // Still broken: one correction probed, the others waited.
    expect(model.calls()).toBe(before + 1);
    for (const id of ids) expect((await world.json("GET", `/v1/failures/${id}`)).tries).toBe(0);
    mended = true;
    await settle(world);
    expect(await world.json("GET", `/v1/correction-runs/${run.id}`)).toMatchObject({ improved: 40, waiting: null });
    await expectAllWell(world, ids);
  }, 30_000);

  it("goes on at once when an operator says so, or sets another key", async () => {
    const world = createWorld({ model: faultyModel(() => "bad key") });
    const topic = `resumed-${crypto.randomUUID()}`;
    const [id] = await world.record(aFailure({ topic }));
    await world.json("POST", "/v1/correction-runs", { topic });
    await world.deliver();
    world.services.model = goodModel();
    expect((await world.call("POST", "/v1/corrections/resume")).status).toBe(204);
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", `/v1/failures/${id}`)).status).toBe("improved");
  });

  it("stops calling a provider that is down, and probes it with one correction at a time", async () => {
    const model = faultyModel(() => "503");
    const world = createWorld({ model });
    const topic = `down-${crypto.randomUUID()}`;
    await world.record(...Array.from({ length: 60 }, () => aFailure({ topic })));
    await world.json("POST", "/v1/correction-runs", { topic });
    await world.deliver();
    expect(model.calls()).toBeLessThan(20);
    const before = model.calls();
    world.now += 10 * 60_000;
    await world.sweep();
    await world.deliver();
    expect(model.calls()).toBeLessThanOrEqual(before + 2);
    world.services.model = goodModel();
    await settle(world);
  }, 30_000);

  it("keeps within the daily budget, shows it, and goes on the next day", async () => {
    const world = createWorld({ vars: { DAILY_TOKEN_BUDGET: "100" } });
    world.now = Date.UTC(2031, 0, 15, 10);
    const topic = `budget-${crypto.randomUUID()}`;
    const ids = await world.record(...Array.from({ length: 40 }, () => aFailure({ topic })));
    const run = await world.json("POST", "/v1/correction-runs", { topic });
    await world.deliver();
    const first = await world.json("GET", `/v1/correction-runs/${run.id}`);
    expect(first.waiting).toMatchObject({ code: "daily_budget", until: "2031-01-16T00:00:00.000Z" });
    // 45 tokens a correction: the budget and what was under way when it was reached, no more.
    expect(first.improved).toBeGreaterThan(0);
    expect(first.improved).toBeLessThan(20);
    world.now += 3_600_000;
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", `/v1/correction-runs/${run.id}`)).improved).toBe(first.improved);
    world.now = Date.UTC(2031, 0, 16, 0, 5);
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", `/v1/correction-runs/${run.id}`)).improved).toBeGreaterThan(first.improved);
    for (const id of ids) expect((await world.json("GET", `/v1/failures/${id}`)).tries).toBeLessThanOrEqual(1);
  }, 30_000);
});
