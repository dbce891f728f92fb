import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { meaningOfGain } from "../../src/judge/meaning.ts";
import { LimitError } from "../../src/llm/limit-error.ts";
import { ModelError } from "../../src/llm/model.ts";
import { goodModel, modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld, runJob } from "../support/world.ts";

/** Rates by the number a reply names; padding adds nothing unless told to. */
const judgeOf = (bonusForPadding = 0) =>
  modelThat(({ isRating, section }) => {
    if (!isRating) return REWRITE;
    const reply = section("reply_to_rate");
    const worth = Number(/worth (\d+)/.exec(reply)?.[1] ?? 90);
    return rating(Math.min(100, worth + (reply.startsWith("Thank you very much") ? bonusForPadding : 0)));
  });

const inputs = (n: number) =>
  Array.from({ length: n }, (_, i) =>
    aFailure({ ai_reply: `This reply is worth ${10 + 10 * (i % 5)}.`, ai_rating: 1 + (i % 5) }),
  );

describe("the controls", () => {
  it("show a judge that is not moved by padding, and its ceiling", async () => {
    const world = createWorld({ model: judgeOf() });
    await world.record(...inputs(6));
    const { id, sample } = await world.json("POST", "/v1/judge/controls", { sample: 6 });
    expect(sample).toBe(6);
    await world.deliver();
    const { controls } = await world.json("GET", "/v1/judge/calibration");
    expect(controls).toMatchObject({ id, status: "done", sample: 6, rated: 6 });
    expect(controls.agent_against_itself).toMatchObject({ value: 90, low: 90, high: 90, n: 6 });
    expect(controls.old_against_old).toMatchObject({ value: 0, n: 6 });
    expect(controls.padded_old).toMatchObject({ value: 0, n: 6 });
  });

  it("catch a judge that rewards length", async () => {
    const world = createWorld({ model: judgeOf(12) });
    await world.record(...inputs(4));
    await world.json("POST", "/v1/judge/controls", { sample: 4 });
    await world.deliver();
    const { controls, meaning } = await world.json("GET", "/v1/judge/calibration");
    expect(controls.padded_old.low).toBeGreaterThan(0);
    expect(meaning).toContain("Empty words alone raise a rating by 12");
    expect(await (await world.call("GET", "/judge")).text()).toContain('class="verdict bad"');
  });

  it("count for the day's tokens, stop at its budget, and go on the next day", async () => {
    // 15 tokens a call, four calls a failure.
    const world = createWorld({ model: judgeOf(), vars: { DAILY_TOKEN_BUDGET: "200" } });
    world.now = Date.UTC(2032, 3, 1, 10);
    await world.record(...inputs(6));
    const { id } = await world.json("POST", "/v1/judge/controls", { sample: 6 });
    await world.deliver();
    const rated = async () => {
      const rows = env.DB.prepare("select count(*) n from judge_control_ratings where control_id = ?").bind(id);
      return (await rows.first<{ n: number }>())?.n ?? 0;
    };
    const tokens = await env.DB.prepare("select other_tokens as n from daily_usage where day = '2032-04-01'").first<{
      n: number;
    }>();
    // The budget, and what was under way when it was reached.
    expect(tokens?.n).toBeGreaterThanOrEqual(200);
    expect(tokens?.n).toBeLessThanOrEqual(200 + 6 * 15);
    const first = await rated();
    expect(first).toBeLessThan(6);
    for (let minutes = 0; minutes < 60; minutes += 20) {
      world.now += 20 * 60_000;
      await world.sweep();
      await world.deliver();
    }
    expect(await rated()).toBe(first);
    const { status, error } = (await env.DB.prepare("select status, error from judge_controls where id = ?")
      .bind(id)
      .first()) as { status: string; error: string };
    expect({ status, error }).toMatchObject({ status: "queued", error: expect.stringContaining("daily budget") });
    for (const day of [2, 3]) {
      world.now = Date.UTC(2032, 3, day, 0, 5);
      await world.sweep();
      await world.deliver();
    }
    expect(await rated()).toBe(6);
  });

  it("rate each failure once, however often their message comes", async () => {
    const model = judgeOf();
    const world = createWorld({ model });
    await world.record(...inputs(3));
    const { id } = await world.json("POST", "/v1/judge/controls", { sample: 3 });
    const run = () => runJob(world.services, "controls", id);
    await Promise.all([run(), run()]);
    await run();
    expect(model.calls).toHaveLength(3 * 4);
    const rows = await env.DB.prepare("select count(*) n from judge_control_ratings where control_id = ?").bind(id);
    expect(await rows.first()).toEqual({ n: 3 });
  });

  it("wait for a limit for as long as it takes", async () => {
    const world = createWorld();
    await world.record(...inputs(2));
    world.services.model = {
      complete: () => Promise.reject(new LimitError(world.now + 60_000, world.now, "The limit is used up.")),
    };
    await world.json("POST", "/v1/judge/controls", { sample: 2 });
    for (let i = 0; i < 10; i++) {
      await world.deliver();
      world.now += 61_000;
      await world.sweep();
    }
    world.services.model = judgeOf();
    await world.deliver();
    expect((await world.json("GET", "/v1/judge/calibration")).controls).toMatchObject({ status: "done", rated: 2 });
  });

  it("go on with what is missing after a failure that may pass, and stop at one that will not", async () => {
    const world = createWorld();
    await world.record(...inputs(3));
    const good = judgeOf();
    let calls = 0;
    world.services.model = {
      complete: (request) =>
        ++calls > 8 ? Promise.reject(new ModelError("retry", "rate_limited", "slow down")) : good.complete(request),
    };
    const { id } = await world.json("POST", "/v1/judge/controls", { sample: 3 });
    await world.deliver();
    expect((await world.json("GET", "/v1/judge/calibration")).controls).toMatchObject({ id, status: "queued" });
    world.services.model = good;
    world.now += 2 * 60_000;
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", "/v1/judge/calibration")).controls).toMatchObject({ status: "done", rated: 3 });

    world.services.model = modelThat(() => {
      throw new ModelError("stop", "quota_exhausted", "It says: pay.", { says: "no money left" });
    });
    await world.json("POST", "/v1/judge/controls", { sample: 2 });
    await world.deliver();
    expect((await world.json("GET", "/v1/judge/calibration")).controls).toMatchObject({
      status: "failed",
      error: "no money left",
    });
  });

  it("make no number up where the judge gives none", async () => {
    const world = createWorld({ model: modelThat(() => "Nice reply!") });
    await world.record(...inputs(2));
    await world.json("POST", "/v1/judge/controls", {});
    await world.deliver();
    const { controls } = await world.json("GET", "/v1/judge/calibration");
    expect(controls).toMatchObject({ status: "done", agent_against_itself: null, old_against_old: null });
    expect((await world.call("POST", "/v1/judge/controls", { sample: 0 })).status).toBe(400);
  });
});

describe("the agreement with people", () => {
  it("compares the judge's rating of the old reply with the person's, on one scale", async () => {
    const world = createWorld({ model: judgeOf() });
    await env.DB.prepare("update failed_replies set ai_rating = null").run();
    await world.correctAll(...inputs(10));
    const { people, meaning } = await world.json("GET", "/v1/judge/calibration");
    expect(people.n).toBe(10);
    expect(people.spearman.value).toBeCloseTo(1, 6);
    // People: 0, 25, … 100; the judge: 10, 20, … 50.
    expect(people.mean_difference.value).toBeCloseTo(-20, 6);
    expect(meaning).toContain("10 replies rated by both show good agreement");
    const page = await (await world.call("GET", "/judge")).text();
    expect(page).toContain("1.00");
    expect(page).toContain("−20.0");
  });

  it("leaves out what another judge rated", async () => {
    const world = createWorld({ model: goodModel(), vars: { JUDGE_MODEL: "a-new-judge" } });
    expect((await world.json("GET", "/v1/judge/calibration")).people).toEqual({
      n: 0,
      spearman: null,
      mean_difference: null,
    });
    expect(
      meaningOfGain({ judge_model: "x", people: { n: 0, spearman: null, mean_difference: null }, controls: null }),
    ).toContain("Too few replies");
  });
});
