import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { judgeGuidance } from "../../src/experiments/judge-guidance.ts";
import { liftOf as liftFrom } from "../../src/experiments/lift.ts";
import { failures, sendOutcomes } from "../support/outcomes.ts";
import { createWorld, ofTwoCustomers, type World } from "../support/world.ts";

async function aCluster(vars: Record<string, string> = {}) {
  const world = createWorld({ vars });
  const topic = `judged ${crypto.randomUUID()}`;
  await world.record(...ofTwoCustomers({ topic }));
  const id = (await findCluster(world.services.db, topic))?.id ?? "";
  return { world, topic, id, judge: () => judgeGuidance(world.services, id) };
}

const isOff = async (world: World, topic: string) => (await findCluster(world.services.db, topic))?.switchedOff;
const liftOf = async (world: World, topic: string) => (await world.json("GET", `/v1/clusters/${topic}`)).lift;
const changesOf = async (world: World, topic: string) =>
  (await world.json("GET", `/v1/clusters/${topic}`)).changes.map(({ kind }: { kind: string }) => kind);

/** A generator of numbers from 0 up to 1, the same each time (xorshift). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** What of many tests says that the split is broken, of conversations that are held out as they should be or not. */
function broken(runs: number, share: number, countedTimes: number): number {
  const random = numbers(11);
  const isBroken = () => {
    let [n, k] = [0, 0];
    for (let conversation = 1; conversation <= 10_000; conversation++) {
      n += countedTimes;
      if (random() < share) k += countedTimes;
      const asked = [{ share: 0.1, n, k }];
      if (conversation % 100 === 0 && !liftFrom({ failed: [], reported: [], asked }).split.holds) return true;
    }
    return false;
  };
  return Array.from({ length: runs }, isBroken).filter(Boolean).length / runs;
}

describe("the check of the split", () => {
  it("does not take a conversation that three isolates count for three", () => {
    expect(broken(300, 0.1, 3)).toBeLessThan(0.01);
    expect(broken(300, 0.1, 1)).toBeLessThan(0.01);
  });

  it("finds a split that is not as it should be", () => {
    expect(broken(100, 0.13, 1)).toBeGreaterThan(0.95);
    expect(broken(100, 0.07, 1)).toBeGreaterThan(0.95);
  });
});

describe("guidance", () => {
  it("that does harm is switched off from failures alone", async () => {
    const { world, topic, judge } = await aCluster();
    // A tenth is held out, and of 120 failed conversations one was.
    await sendOutcomes(world, topic, failures(119, 1));
    expect(await liftOf(world, topic)).toMatchObject({ verdict: "harms", failed: { guided: 119, plain: 1 } });
    await judge();
    expect(await isOff(world, topic)).toBe(true);
    await judge();
    expect(await changesOf(world, topic)).toEqual(["switched_off"]);
  });

  it("that helps is said to help, and stays", async () => {
    const { world, topic, judge } = await aCluster();
    await sendOutcomes(world, topic, failures(170, 40));
    const lift = await liftOf(world, topic);
    expect(lift).toMatchObject({ verdict: "helps", more_failures: 0, not_told_apart: 0 });
    expect(lift.relative_risk).toBeCloseTo(0.4722, 4);
    expect(lift.p_value).toBeCloseTo(0.0083, 4);
    await judge();
    expect(await isOff(world, topic)).toBe(false);
  });

  it("of which little is known is neither", async () => {
    const { world, topic } = await aCluster();
    await sendOutcomes(world, topic, failures(180, 30));
    const lift = await liftOf(world, topic);
    expect(lift.verdict).toBe("not_known");
    expect(lift.more_failures).toBeGreaterThan(50);
    expect((await (await aCluster()).world.json("GET", "/v1/lift")).verdict).toBeTypeOf("string");
  });

  it("comes back by itself where outcomes since it was switched off show that it helps, and by no others", async () => {
    const { world, topic, judge } = await aCluster();
    await sendOutcomes(world, topic, failures(119, 1));
    world.now += 1_000;
    await judge();
    expect(await isOff(world, topic)).toBe(true);
    world.now += 60_000;
    // Nine in ten go out plain now: as many guided failures as there should be, which shows nothing.
    const since = { plainShare: 0.9 };
    await sendOutcomes(world, topic, failures(10, 90, since));
    await judge();
    expect(await isOff(world, topic)).toBe(true);
    await sendOutcomes(world, topic, failures(2, 300, since));
    await judge();
    expect(await isOff(world, topic)).toBe(false);
    expect(await changesOf(world, topic)).toEqual(["switched_on", "switched_off"]);
    await judge();
    expect(await isOff(world, topic)).toBe(false);
  });

  it("is judged by each conversation once, however many of its prompts failed", async () => {
    const { world, topic } = await aCluster();
    const one = Array.from({ length: 300 }, () => ({ arm: "guided" as const, conversation: 500_000 }));
    await sendOutcomes(world, topic, one);
    expect(await liftOf(world, topic)).toMatchObject({ verdict: "not_known", failed: { guided: 1, plain: 0 } });
  });

  it("is not switched because of conversations that cannot be told apart, and the verdict says so", async () => {
    const { world, topic, judge } = await aCluster();
    await sendOutcomes(world, topic, failures(119, 1, { isToldApart: false }));
    await judge();
    expect(await isOff(world, topic)).toBe(false);
    expect(await liftOf(world, topic)).toMatchObject({ verdict: "harms", not_told_apart: 120 });
    const page = await (await world.call("GET", `/clusters/${encodeURIComponent(topic)}`)).text();
    expect(page).toContain("Of these, 120 cannot be told from others");
  });

  it("is not judged while the split is not as it should be", async () => {
    const { world, topic, id, judge } = await aCluster();
    await sendOutcomes(world, topic, failures(119, 1));
    const day = new Date(world.now).toISOString().slice(0, 10);
    const count = (arm: number, conversations: number) =>
      env.DB.prepare("insert into prompt_counts values (?, ?, ?, 0.1, ?, ?)")
        .bind(day, id, arm, conversations, conversations)
        .run();
    await count(1, 990);
    await count(2, 10);
    await judge();
    expect(await isOff(world, topic)).toBe(false);
    const lift = await liftOf(world, topic);
    expect(lift).toMatchObject({
      verdict: "split_failed",
      split: { conversations: 1_000, plain: 10, expected: 100, holds: false },
    });
    expect(await (await world.call("GET", `/clusters/${encodeURIComponent(topic)}`)).text()).toContain(
      "Nothing may be concluded",
    );
  });

  it("is not judged by the outcomes of a cluster that was merged into its own", async () => {
    const { world, topic, judge } = await aCluster();
    const other = `merged ${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic: other }));
    await sendOutcomes(world, other, failures(119, 1));
    await world.json("POST", `/v1/clusters/${other}/merge`, { into: topic });
    await world.deliver();
    // Nor by those that come late.
    const merged = await env.DB.prepare("select number from clusters where topic = ?")
      .bind(other)
      .first<{ number: number }>();
    await sendOutcomes(world, topic, failures(119, 1, { cluster: merged?.number ?? 0 }));
    await judge();
    expect(await isOff(world, topic)).toBe(false);
    expect(await liftOf(world, topic)).toMatchObject({ verdict: "not_known", failed: { guided: 0, plain: 0 } });
  });

  it("that a person edits is switched on and judged from now on", async () => {
    const { world, topic, judge } = await aCluster();
    await sendOutcomes(world, topic, failures(119, 1));
    await judge();
    world.now += 1_000;
    const lessons = [{ text: "Name the day." }];
    const edited = await world.json("PUT", `/v1/clusters/${topic}/guidance`, { version: 0, lessons });
    expect(edited).toMatchObject({ guidance_switched_off: false, lift: { failed: { guided: 0, plain: 0 } } });
    await judge();
    expect(await isOff(world, topic)).toBe(false);
  });

  it("shows the difference of the rates where successes are reported as well", async () => {
    const { world, topic } = await aCluster();
    const successes = failures(800, 60).map((one) => ({ ...one, failed: false }));
    await sendOutcomes(world, topic, [...failures(100, 40), ...successes]);
    const { rate_difference: found, reported } = await liftOf(world, topic);
    expect(reported).toEqual({
      guided: { conversations: 900, failed: 100 },
      plain: { conversations: 100, failed: 40 },
    });
    expect(found.value).toBeCloseTo(100 / 900 - 0.4, 9);
    expect(found.high).toBeLessThan(0);
  });

  it("is judged over all by every cluster, and both pages say what is known", async () => {
    const { world, topic } = await aCluster();
    const before = await world.json("GET", "/v1/lift");
    await sendOutcomes(world, topic, failures(10, 5));
    const after = await world.json("GET", "/v1/lift");
    expect(after.failed).toEqual({ guided: before.failed.guided + 10, plain: before.failed.plain + 5 });
    expect(await (await world.call("GET", "/clusters")).text()).toContain("Does guidance help, over all?");
  });

  it("of which failures were counted is never said to have had none", async () => {
    const { world, topic } = await aCluster();
    const page = async () => (await world.call("GET", `/clusters/${encodeURIComponent(topic)}`)).text();
    expect(await page()).toContain("No conversation with guidance, given or held out, has failed.");
    await sendOutcomes(world, topic, failures(10, 0, { plainShare: 0 }));
    expect(await page()).toContain("None was to be held out");
    // Under one setting it helps, under the other it does harm.
    await sendOutcomes(world, topic, [...failures(300, 200), ...failures(900, 100, { plainShare: 0.5 })]);
    expect(await liftOf(world, topic)).toMatchObject({ verdict: "not_known", relative_risk: null });
    const said = await page();
    expect(said).toContain("differs with the share that was held out");
    expect(said).not.toMatch(/has failed\.|takes about 0/);
  });

  it("is not said to be split rightly on the word of one conversation: the page says what was counted", async () => {
    const { world, topic, id } = await aCluster();
    const day = new Date(world.now).toISOString().slice(0, 10);
    await env.DB.prepare("insert into prompt_counts values (?, ?, 1, 0.1, 1, 1)").bind(day, id).run();
    const page = await (await world.call("GET", `/clusters/${encodeURIComponent(topic)}`)).text();
    expect(page).not.toContain("as it should be");
    expect(page).toContain("Of 1 conversations 0 were held out, and about 0 should have been");
  });
});
