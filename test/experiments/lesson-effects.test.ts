import { env, runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { scopeName } from "../../src/clusters/context/context.ts";
import { retireHarmfulLessons } from "../../src/clusters/lessons/retire-harmful.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { measureLessons } from "../../src/experiments/lesson-effects.ts";
import { lessonsLeftOut } from "../../src/experiments/split.ts";
import { sendOutcomes } from "../support/outcomes.ts";
import { createWorld, ofTwoCustomers } from "../support/world.ts";

/** A cluster with two lessons, in slots 0 and 1. */
async function aCluster({ pinned = false } = {}) {
  const world = createWorld();
  const topic = `lessons ${crypto.randomUUID()}`;
  await world.record(...ofTwoCustomers({ topic }));
  const lessons = [{ text: "Name the day.", pinned }, { text: "Be brief." }];
  await world.json("PUT", `/v1/clusters/${topic}/guidance`, { version: 0, lessons });
  world.now += 1_000;
  const cluster = await findCluster(world.services.db, topic);
  if (cluster === null) throw new Error("no cluster");
  // The cluster's object measures as well: now, rather than between what a test does and what it reads.
  await runDurableObjectAlarm(env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName({ cluster_id: cluster.id }))));
  /** Failed conversations that had the first lesson, and that did without it by chance. */
  const fail = async (withIt: number, without: number, slot = 0) => {
    const left = { 1: without, 0: withIt };
    const given = [];
    for (let code = next; left[0] + left[1] > 0; code++) {
      const out = ((lessonsLeftOut({ code }, cluster.number, 0.1) >> slot) & 1) as 0 | 1;
      if (left[out] === 0) continue;
      left[out] -= 1;
      given.push({ conversation: code, lessons: 1 << slot, lessonShare: 0.1 });
      next = code + 1;
    }
    await sendOutcomes(world, topic, given);
    await measureLessons(world.services.db, cluster.id);
  };
  const guidance = async () => (await world.json("GET", `/v1/clusters/${topic}`)).guidance;
  return { world, topic, cluster, fail, guidance };
}

let next = 1;

describe("a lesson", () => {
  it("is said to have helped where conversations without it fail more often, and nowhere else", async () => {
    const { world, topic, fail, guidance } = await aCluster();
    const page = async () => (await world.call("GET", `/clusters/${encodeURIComponent(topic)}`)).text();
    await fail(200, 22);
    expect((await guidance())[0].effect).toMatchObject({ finding: "not_known", failures: 222, left_out: 22 });
    expect(await page()).not.toMatch(/helped/i);
    expect(await page()).toContain("more failures");
    await fail(80, 130);
    const [first, second] = await guidance();
    expect(first.effect).toMatchObject({ finding: "helps", failures: 432, left_out: 152, more_failures: 0 });
    expect(first.effect.high).toBeLessThan(1);
    expect(second.effect).toBeNull();
    expect(await page()).toContain("It helped.");
  });

  it("that is shown to do harm is retired once, and says why; what is left is judged anew", async () => {
    const { world, topic, cluster, fail, guidance } = await aCluster();
    await fail(400, 3);
    expect((await guidance())[0].effect).toMatchObject({ finding: "harms" });
    world.now += 1_000;
    await retireHarmfulLessons(world.services);
    await retireHarmfulLessons(world.services);
    expect((await guidance()).map(({ text }: { text: string }) => text)).toEqual(["Be brief."]);
    const { changes, guidance_version } = await world.json("GET", `/v1/clusters/${topic}`);
    expect(changes.map(({ kind }: { kind: string }) => kind)).toEqual(["lesson_retired"]);
    expect(guidance_version).toBe(cluster.guidanceVersion + 1);
    expect((await findCluster(world.services.db, topic))?.switchedAt).toBe(world.now);
  });

  it("whose effect was another under each setting is not retired: no one risk explains it, and it may help", async () => {
    const { world, topic, cluster, guidance } = await aCluster();
    // Without it conversations failed forty times as often under the one, twice as often under the other.
    const outOf = { 0.1: [60, 260], 0.5: [1000, 2000] } as const;
    const given = [];
    for (const lessonShare of [0.1, 0.5] as const) {
      const left: number[] = [...outOf[lessonShare]];
      for (; Math.max(...left) > 0; next++) {
        const out = lessonsLeftOut({ code: next }, cluster.number, lessonShare) & 1;
        if ((left[out] ?? 0) <= 0) continue;
        left[out] = (left[out] ?? 0) - 1;
        given.push({ conversation: next, lessons: 1, lessonShare });
      }
    }
    await sendOutcomes(world, topic, given);
    await measureLessons(world.services.db, cluster.id);
    expect((await guidance())[0].effect).toMatchObject({ finding: "not_known", relative_risk: null });
    const page = await (await world.call("GET", `/clusters/${encodeURIComponent(topic)}`)).text();
    expect(page).toContain("differs with the share that did without it");
    expect(page).not.toContain("takes about 0");
    await retireHarmfulLessons(world.services);
    expect(await guidance()).toHaveLength(2);
  });

  it("that no conversation was to do without is not said to need more failures", async () => {
    const { world, topic, cluster } = await aCluster();
    await sendOutcomes(
      world,
      topic,
      Array.from({ length: 9 }, () => ({ lessons: 1, lessonShare: 0 })),
    );
    await measureLessons(world.services.db, cluster.id);
    const page = await (await world.call("GET", `/clusters/${encodeURIComponent(topic)}`)).text();
    expect(page).toContain("no conversation was to do without it");
    expect(page).not.toContain("more failures than can be foretold");
  });

  it("that is pinned is not measured, and not retired", async () => {
    const { world, fail, guidance } = await aCluster({ pinned: true });
    await fail(400, 3);
    await retireHarmfulLessons(world.services);
    expect((await guidance())[0]).toMatchObject({ text: "Name the day.", pinned: true, effect: null });
  });

  it("is not judged by what was served before it", async () => {
    const { world, fail, guidance } = await aCluster();
    world.now -= 60_000;
    await fail(400, 3);
    expect((await guidance())[0].effect).toBeNull();
  });

  it("loses what is known of it with the outcomes it is known from", async () => {
    const { world, cluster, fail, guidance } = await aCluster();
    await fail(200, 22);
    await env.DB.prepare("delete from outcomes where cluster_id = ?").bind(cluster.id).run();
    await measureLessons(world.services.db, cluster.id);
    expect((await guidance())[0].effect).toBeNull();
  });

  it("that does no harm is not retired by a bad split of its cluster", async () => {
    const { world, cluster, fail, guidance } = await aCluster();
    await fail(400, 3);
    const day = new Date(world.now).toISOString().slice(0, 10);
    await env.DB.prepare("insert into prompt_counts values (?, ?, 1, 0.1, 500, 500)").bind(day, cluster.id).run();
    await retireHarmfulLessons(world.services);
    expect(await guidance()).toHaveLength(2);
  });
});
