import { env } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import type { LearningWeek } from "../../src/learning/schemas.ts";
import { DAY, dayOf, toRfc3339, WEEK, weekOf } from "../../src/lib/time.ts";
import { aPromptId } from "../support/outcomes.ts";
import { createWorld } from "../support/world.ts";

import { ago, aTopic, clusterOf, countPrompts, failed, learning, TODAY, week, writeLesson } from "./weeks-ago.ts";

afterEach(async () => {
  await env.DB.batch([env.DB.prepare("delete from prompt_counts"), env.DB.prepare("delete from erased_failures")]);
});

describe("failures for the prompts asked", () => {
  it("are dated by when they occurred, not by when they were recorded", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(3)), failed(topic, ago(3)), failed(topic, ago(1)));
    const { weeks } = await learning(world, topic);
    expect(weeks).toHaveLength(6);
    expect(weeks.map(({ failures }: LearningWeek) => failures)).toEqual([0, 0, 2, 0, 1, 0]);
    expect(weeks[5]).toMatchObject({ week: dayOf(weekOf(TODAY)), over: false });
  });

  it("have a rate in weeks with prompts alone, of the topic's own prompts", async () => {
    const world = createWorld();
    const [topic, other] = [aTopic(), aTopic()];
    await world.record(failed(topic, ago(3)), failed(topic, ago(2)), failed(other, ago(2)));
    await countPrompts(other, ago(4), 1);
    await countPrompts(topic, ago(2), 150);
    await countPrompts(topic, ago(2) + DAY, 50);
    await countPrompts(other, ago(2), 800);
    await countPrompts(null, ago(2), 1_000);
    const own = await week(world, 2, topic);
    expect(own).toMatchObject({ prompts: 200, prompts_from: null, failures_per_1000_prompts: { value: 5 } });
    expect(own.failures_per_1000_prompts?.low).toBeGreaterThan(0);
    expect(own.failures_per_1000_prompts?.high).toBeGreaterThan(25);
    expect(await week(world, 3, topic)).toMatchObject({ failures: 1, prompts: null, failures_per_1000_prompts: null });
    expect((await week(world, 2)).prompts).toBe(2_000);
  });

  it("do not stand beside prompts that nobody counted yet, in the week in which counting began", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(2) - 2 * DAY), failed(topic, ago(2) - 2 * DAY), failed(topic, ago(2)));
    await countPrompts(topic, ago(2), 100);
    expect(await week(world, 2, topic)).toMatchObject({
      ...{ failures: 3, prompts: 100, prompts_from: dayOf(ago(2)), failures_per_1000_prompts: { value: 10 } },
    });
  });

  it("count while they have no topic yet, and no more once they are withdrawn", async () => {
    const world = createWorld();
    const before = (await week(world, 4)).failures;
    const topic = aTopic();
    await world.record(failed(topic, ago(4), { topic: null }), failed(topic, ago(4)), failed(topic, ago(4)));
    expect((await week(world, 4)).failures).toBe(before + 3);
    expect((await week(world, 4, topic)).failures).toBe(2);
    const { token } = await world.json("POST", "/v1/withdrawals/preview", { topic });
    await world.json("POST", "/v1/withdrawals", { topic, mode: "withdraw", reason: "Test texts.", token });
    await world.deliver();
    expect((await week(world, 4)).failures).toBe(before + 1);
    expect((await week(world, 4, topic)).failures).toBe(0);
  });

  it("go on counting once they are erased: their week was no better for it", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(5)));
    await writeLesson(world, topic, ago(4));
    const [first, second] = await world.record(failed(topic, ago(2)), failed(topic, ago(2)), failed(topic, ago(2)));
    const [all, before] = [await week(world, 2), await week(world, 2, topic)];
    expect(before).toMatchObject({ failures: 3, recurrences: 3 });
    await world.call("DELETE", `/v1/failures/${first}`);
    await world.call("DELETE", `/v1/failures/${second}`);
    expect(await week(world, 2, topic)).toEqual(before);
    expect(await week(world, 2)).toEqual(all);
    const kept = await env.DB.prepare("select * from erased_failures").all();
    expect(kept.results).toEqual([
      { cluster_id: (await clusterOf(topic)).id, day: dayOf(ago(2)), failures: 2, recurrences: 2, without_lesson: 0 },
    ]);
  });

  it("follow their cluster into another, erased ones too", async () => {
    const world = createWorld();
    const [from, into] = [aTopic(), aTopic()];
    const [gone] = await world.record(failed(from, ago(2)), failed(from, ago(2)), failed(into, ago(2)));
    await countPrompts(from, ago(2), 40);
    await countPrompts(into, ago(2), 60);
    await world.call("DELETE", `/v1/failures/${gone}`);
    await world.json("POST", `/v1/clusters/${from}/merge`, { into });
    // While they are on their way already.
    expect(await week(world, 2, into)).toMatchObject({ failures: 3, prompts: 100 });
    await world.deliver();
    expect(await week(world, 2, into)).toMatchObject({ failures: 3, prompts: 100 });
  });
});

describe("the share of replies that agents changed", () => {
  it("is of the prompts asked in that week, and not known where only failures are reported", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(5)));
    const { number } = await clusterOf(topic);
    const report = async (at: number, failedOnes: boolean[]) => {
      const outcomes = failedOnes.map((isFailed) => {
        return { prompt_id: aPromptId({ cluster: number }, at), failed: isFailed };
      });
      for (const outcome of outcomes) expect((await world.call("POST", "/v1/outcomes", outcome)).status).toBe(202);
    };
    await report(ago(3), [true, true]);
    expect(await week(world, 3, topic)).toMatchObject({ outcomes: 2, changed_share: null });
    await report(ago(2), [true, false, false, false]);
    const share = (await week(world, 2, topic)).changed_share;
    expect(share?.value).toBe(0.25);
    expect(share?.low).toBeCloseTo(0.0456, 3);
    expect(share?.high).toBeCloseTo(0.6994, 3);
    expect(await week(world, 1, topic)).toMatchObject({ outcomes: 0, changed_share: null });
  });
});

describe("the call and the page", () => {
  it("refuse a time more than 26 weeks ago and one to come, and a topic that nobody knows", async () => {
    const world = createWorld();
    for (const since of [ago(26), TODAY + WEEK]) {
      const answer = await world.call("GET", `/v1/learning?since=${toRfc3339(since)}`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ errors: [{ pointer: "?since" }] });
    }
    expect((await world.call("GET", `/v1/learning?since=${toRfc3339(ago(25))}`)).status).toBe(200);
    expect((await world.call("GET", "/v1/learning?topic=nobody_knows_it")).status).toBe(404);
    expect((await world.call("GET", "/v1/learning?weeks=3")).status).toBe(400);
    expect((await learning(world, undefined, TODAY)).weeks).toHaveLength(1);
  });

  it("say what to do where there is nothing to show", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, TODAY - 300 * DAY));
    const page = await (await world.call("GET", `/learning?topic=${topic}`)).text();
    expect(page).toContain("No failure of this topic occurred in these weeks");
    expect(page).not.toContain("<svg");
  });

  it("show weeks, and not known for what was not counted", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(2)), failed(topic, ago(1)));
    await countPrompts(topic, ago(1) - 2 * DAY, 100);
    const page = await (await world.call("GET", `/learning?topic=${topic}`)).text();
    expect(page).toContain("10.0");
    expect(page).toContain("not known");
    expect(page).toContain('aria-current="page"');
  });

  it("end a cluster's trend today, not with its last failure", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, TODAY - 9 * DAY));
    const page = await (await world.call("GET", `/clusters/${topic}`)).text();
    expect(page).toContain(`days up to today, ${dayOf(world.now)}`);
    const old = aTopic();
    await world.record(failed(old, TODAY - 50 * DAY));
    const quiet = await (await world.call("GET", `/clusters/${old}`)).text();
    expect(quiet).toContain(`No failure in the last 30 days. The last one occurred on ${dayOf(TODAY - 50 * DAY)}.`);
  });
});
