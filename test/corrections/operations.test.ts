import { describe, expect, it } from "vitest";
import { consumeDeadLetters } from "../../src/jobs/dead-letters.ts";
import { goodModel } from "../support/model.ts";
import { aFailure, batchOf, createWorld } from "../support/world.ts";

const topic = () => `operations-${crypto.randomUUID()}`;

describe("an estimate", () => {
  it("says what a run would take without starting it", async () => {
    const model = goodModel();
    const world = createWorld({ model });
    const mine = topic();
    await world.record(aFailure({ topic: mine }), aFailure({ topic: mine, original_prompt: "Why? ".repeat(2_000) }));
    const response = await world.call("POST", "/v1/correction-runs?dry_run=true", { topic: mine });
    expect(response.status).toBe(200);
    const { total, estimate } = (await response.json()) as { total: number; estimate: Record<string, number> };
    expect(total).toBe(2);
    expect(estimate.model_calls).toBe(10);
    // The long message alone is 2,500 tokens, seen by the rewriter, both ratings and both comparisons.
    expect(estimate.input_tokens).toBeGreaterThan(12_500);
    expect(estimate.output_tokens).toBeGreaterThan(0);
    await world.deliver();
    expect(model.calls).toHaveLength(0);
    expect((await world.json("POST", "/v1/correction-runs?dry_run=true", { topic: topic() })).total).toBe(0);
  });
});

describe("dead letters", () => {
  it("are kept, listed with what went wrong, and can be replayed twice without harm", async () => {
    const model = goodModel();
    const world = createWorld({ model });
    const mine = topic();
    const [id] = await world.record(aFailure({ topic: mine }));
    await world.json("POST", "/v1/correction-runs", { topic: mine });
    world.jobs.take();
    await world.sweep();
    const dead = batchOf([{ failure_id: id }]);
    await consumeDeadLetters(world.services, "corrections", dead.batch);
    expect(dead.results()).toEqual(["ack"]);
    const { data } = await world.json("GET", "/v1/dead-letters");
    const letter = data.find(({ body }: { body: { failure_id?: string } }) => body.failure_id === id);
    expect(letter).toMatchObject({ queue: "corrections", error: expect.any(String), replayed_at: null });
    for (let i = 0; i < 2; i++)
      expect((await world.call("POST", `/v1/dead-letters/${letter.id}/replay`)).status).toBe(204);
    await world.deliver();
    expect((await world.json("GET", `/v1/failures/${id}`)).status).toBe("improved");
    expect(model.calls.filter(({ isRating }) => !isRating)).toHaveLength(1);
    const open = await world.json("GET", "/v1/dead-letters");
    expect(open.data.map((row: { id: string }) => row.id)).not.toContain(letter.id);
    expect((await world.call("POST", `/v1/dead-letters/${crypto.randomUUID()}/replay`)).status).toBe(404);
  });

  it("are made at once of messages that are none of ours", async () => {
    const world = createWorld();
    world.corrections.messages.push({ failure_id: "<b>not an id</b>" });
    expect(await world.deliver()).toEqual(["ack"]);
    const { data } = await world.json("GET", "/v1/dead-letters");
    expect(data[0]).toMatchObject({ error: "Unrecognised message." });
    const page = await (await world.call("GET", "/runs")).text();
    expect(page).toContain("Send again");
    expect(page).not.toContain("<b>not an id");
  });
});

describe("the pages of runs", () => {
  it("start a run from a form, and show how far it is", async () => {
    const world = createWorld();
    await world.record(aFailure({ topic: topic() }));
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const started = await world.call("POST", "/runs", "redo=", form);
    expect(started.status).toBe(303);
    const path = started.headers.get("location") ?? "";
    expect(await (await world.call("GET", path)).text()).toContain("data-live-on");
    await world.deliver();
    expect(await (await world.call("GET", path)).text()).not.toContain("data-live-on");
    expect(await (await world.call("GET", "/runs")).text()).toContain(path);
    expect((await world.call("GET", "/runs/nope")).status).toBe(404);
  });
});
