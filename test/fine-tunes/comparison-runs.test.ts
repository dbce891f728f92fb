import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LimitError } from "../../src/llm/limit-error.ts";
import { ModelError } from "../../src/llm/model.ts";
import { type Asked, rating } from "../support/model.ts";
import { createWorld } from "../support/world.ts";
import { leaseOf, models, TUNED, tunedOn } from "./comparing.ts";
import { aProvider } from "./provider.ts";

const busy = () =>
  new ModelError("retry", "provider_error", "It says: it broke.", { says: "The server answered 500." });

describe("a comparison that is held up", () => {
  let provider: ReturnType<typeof aProvider>;
  beforeEach(() => {
    provider = aProvider();
  });
  afterEach(() => vi.unstubAllGlobals());

  it("goes on after a time-out, and gives a case up only after an hour of them", async () => {
    let down = true;
    const reply = ({ request }: Asked) => {
      if (down) throw busy();
      return request.model === TUNED ? "Tuned reply." : "Base reply.";
    };
    const world = createWorld({ model: models({ reply }) });
    const { path } = await tunedOn(world, provider);
    await world.json("POST", path, { limit: 6 });
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({
      status: "running",
      open: 6,
      waiting: expect.stringContaining("500"),
    });
    await world.deliver();
    down = false;
    world.now += 31_000;
    await world.sweep();
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({ status: "done", n: 6, waiting: null });
    down = true;
    await world.json("POST", path, { limit: 6 });
    let waited = 0;
    for (let i = 0; i < 8; i++) {
      await world.deliver();
      expect((await world.json("GET", path)).status).toBe(i < 7 ? "running" : "done");
      const due =
        (await env.DB.prepare("select due_at from jobs where kind = 'comparison'").first<number>("due_at")) ??
        world.now;
      waited += due - world.now;
      world.now = due;
      await world.sweep();
    }
    expect(waited).toBeGreaterThan(3_600_000);
    expect(await world.json("GET", path)).toMatchObject({
      n: 0,
      base_rating: null,
      unscored: { both_replies_failed: 6 },
    });
  });

  it("can be cancelled: the cases under way are kept, no other begins, and it can be asked for again", async () => {
    const asked: string[] = [];
    let cancelled: Promise<unknown> | undefined;
    const reply = ({ request }: Asked) => {
      asked.push(request.model);
      cancelled ??= world.json("POST", `${path}/cancel`);
      return "A reply.";
    };
    const rate = async () => {
      await cancelled;
      return rating(60);
    };
    const world = createWorld({ model: models({ reply, rate }) });
    const { path } = await tunedOn(world, provider);
    await world.json("POST", path, { limit: 6 });
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({ status: "cancelled", cases: 6, open: 3, waiting: null });
    expect(asked).toHaveLength(6);
    await world.sweep();
    await world.deliver();
    expect(asked).toHaveLength(6);
    expect(await world.json("POST", `${path}/cancel`)).toMatchObject({ status: "cancelled" });
    await world.json("POST", path, { limit: 6 });
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({ status: "done", open: 0 });
  });

  it("waits for a limit for as long as it takes, and gives no case up for it", async () => {
    let limited = true;
    const reply = ({ request }: Asked) => {
      if (limited) throw new LimitError(world.now + 60_000, world.now, "The limit is used up.");
      return request.model === TUNED ? "Tuned reply." : "Base reply.";
    };
    const world = createWorld({ model: models({ reply }) });
    const { path } = await tunedOn(world, provider);
    await world.json("POST", path, { limit: 6 });
    for (let i = 0; i < 10; i++) {
      await world.deliver();
      world.now += 61_000;
      await world.sweep();
    }
    expect(await world.json("GET", path)).toMatchObject({ status: "running", open: 6 });
    limited = false;
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({ status: "done", n: 6 });
  });

  it("asks for no reply again when the judge was held up", async () => {
    let limited = true;
    let replies = 0;
    const reply = ({ request }: Asked) => {
      replies++;
      return request.model === TUNED ? "Tuned reply." : "Base reply.";
    };
    const rate = (text: string) => {
      if (limited) throw new LimitError(world.now + 60_000, world.now, "The limit is used up.");
      return rating(text.startsWith("Tuned") ? 80 : 50);
    };
    const world = createWorld({ model: models({ reply, rate }) });
    const { path } = await tunedOn(world, provider);
    await world.json("POST", path, { limit: 6 });
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({ status: "running", open: 6 });
    const paid = replies;
    limited = false;
    world.now += 61_000;
    await world.sweep();
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({ status: "done", n: 6 });
    expect({ paid, replies }).toEqual({ paid: replies, replies: 12 });
  });

  it("works in pieces: a lost message, one that comes twice and a dead worker cost no second reply", async () => {
    const model = models();
    const world = createWorld({ model });
    const { path } = await tunedOn(world, provider);
    await world.json("POST", path, {});
    // A body may be left out.
    await world.json("POST", path);
    const [lost] = world.jobs.take();
    world.now += 1_000;
    await world.sweep();
    world.jobs.messages.push(...(lost ? [lost, lost] : []));
    await world.deliver();
    const { cases, tokens, status } = await world.json("GET", path);
    expect(status).toBe("done");
    expect(model.calls.length + model.comparisons.length).toBe(cases * 6);
    expect(tokens).toBe(cases * 6 * 15);
    // A worker that dies within a piece leaves its lease; when that runs out, what is open is done.
    await env.DB.batch([
      env.DB.prepare("update fine_tune_comparisons set status = 'running', finished_at = null"),
      leaseOf(world.now + 180_000),
      env.DB.prepare(
        "update fine_tune_comparison_cases set status = 'open', base_reply = null, tuned_reply = null where position < 2",
      ),
    ]);
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", path)).status).toBe("running");
    world.now += 181_000;
    await world.sweep();
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({ status: "done", n: cases });
    expect(model.calls.length + model.comparisons.length).toBe((cases + 2) * 6);
  });

  it("keeps to the daily budget, says so, and goes on the next day", async () => {
    const model = models();
    const world = createWorld({ model, vars: { DAILY_TOKEN_BUDGET: "300" } });
    const { path } = await tunedOn(world, provider);
    await world.json("POST", path, {});
    await world.deliver();
    const held = await world.json("GET", path);
    expect(held).toMatchObject({ status: "running", waiting: expect.stringContaining("DAILY_TOKEN_BUDGET") });
    expect(held.n).toBeGreaterThan(0);
    expect(held.open).toBeGreaterThan(0);
    const calls = model.calls.length;
    world.now += 6 * 60_000;
    await world.sweep();
    await world.deliver();
    expect(model.calls.length).toBe(calls);
    world.now = (Math.floor(world.now / 86_400_000) + 1) * 86_400_000;
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", path)).n).toBeGreaterThan(held.n);
  });

  it("waits at the gate that is closed for all, and closes it when the judge's key is refused", async () => {
    const rate = () => {
      throw new ModelError("stop", "bad_key", "OPENAI_API_KEY was refused", { says: "The key was refused." });
    };
    const model = models({ rate });
    const world = createWorld({ model });
    const { path } = await tunedOn(world, provider);
    await world.json("POST", path, { limit: 3 });
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({
      status: "running",
      open: 3,
      waiting: expect.stringContaining("refused"),
    });
    expect(await env.DB.prepare("select code from correction_gate").first("code")).toBe("bad_key");
    await env.DB.prepare("delete from correction_gate").run();
  });

  it("ends in plain words when the provider no longer has the tuned model", async () => {
    const reply = ({ request }: Asked) => {
      if (request.model === TUNED)
        throw new ModelError("stop", "unknown_model", "no such model", { says: "no such model" });
      return "Base reply.";
    };
    const world = createWorld({ model: models({ reply }) });
    const { path } = await tunedOn(world, provider);
    await world.json("POST", path, {});
    await world.deliver();
    const error = expect.stringMatching(/ft:base:1.*no such model/);
    expect(await world.json("GET", path)).toMatchObject({ status: "failed", error, n: 0 });
  });
});
