import { env, evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { clusterState, isJump, QUIET_MS } from "../../src/clusters/cluster-state.ts";
import { categoryShares, frequentCauses, scopeName, sharedCategories } from "../../src/clusters/context/context.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { trainIfDue } from "../../src/router/train-if-due.ts";
import { ROUTER } from "../../src/router/training-state.ts";
import { goodModel, modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, askAndRun, createWorld, ofTwoCustomers, runJob, type World } from "../support/world.ts";

const messages = {
  refund: ["Where is my refund?", "My refund has not come", "When do I get my money refunded?", "Refund still missing"],
  card: [
    "My card has not arrived",
    "Where is my new card?",
    "The card did not come by post",
    "Card delivery takes long",
  ],
};

async function trained(world: World, suffix: string) {
  for (const [name, texts] of Object.entries(messages)) {
    await world.record(
      ...texts.map((text) => aFailure({ original_prompt: `${suffix}: ${text}`, topic: `${name}_${suffix}` })),
    );
  }
  await world.json("POST", "/v1/router/train");
  await world.deliver();
}

describe("what is said of a cluster", () => {
  it("names no cause from a single failure, nor one that is rarer here than elsewhere", () => {
    const overall = [
      { failure_category: "tone", count: 70 },
      { failure_category: "policy", count: 30 },
    ];
    expect(frequentCauses(categoryShares([{ failure_category: "tone", count: 1 }], overall))).toEqual([]);
    const mostlyPolicy = [
      { failure_category: "policy", count: 15 },
      { failure_category: "tone", count: 6 },
    ];
    expect(frequentCauses(categoryShares(mostlyPolicy, overall))).toEqual(["policy"]);
  });

  it("takes a category for shared only where many clusters fail by it", () => {
    const of = (cluster_id: string, failure_category: string) => ({ cluster_id, failure_category, count: 4 });
    expect(sharedCategories([of("a", "tone"), of("b", "tone")])).toEqual([]);
    expect(sharedCategories([of("a", "tone"), of("b", "tone"), of("c", "tone"), of("d", "x")])).toEqual(["tone"]);
  });

  it("calls a cluster reopened that failed again after two quiet weeks", () => {
    const now = 100 * QUIET_MS;
    expect(clusterState(null, now)).toBe("quiet");
    expect(clusterState(now, now - QUIET_MS)).toBe("reopened");
    expect(clusterState(now, now - QUIET_MS / 2)).toBe("open");
    expect(clusterState(now, null)).toBe("open");
  });

  it("flags a jump against the own past, not a busy cluster", () => {
    expect(isJump(40, 8 * 10, 8)).toBe(true);
    expect(isJump(14, 8 * 10, 8)).toBe(false);
    expect(isJump(40, 0, 0)).toBe(false);
  });
});

describe("the router in the product", () => {
  it("is trained from the failures, routes, and follows a merge at once", async () => {
    const world = createWorld();
    await trained(world, "route");
    const ask = () => world.json("POST", "/v1/prompts", { customer_message: "route: where is the refund of my money" });
    expect((await ask()).cluster).toMatchObject({ topic: "refund_route" });
    expect(await world.json("GET", "/v1/router")).toMatchObject({ topics: 2, failures_since: 0 });

    await world.json("POST", "/v1/clusters/refund_route/merge", { into: "card_route" });
    world.now += 61_000;
    // The copy in force still answers, and is refreshed behind that answer.
    await expect.poll(async () => (await ask()).cluster.topic).toBe("card_route");
    expect(
      (await world.json("POST", "/v1/prompts", { customer_message: "Hi", topic: "refund route" })).cluster.topic,
    ).toBe("card_route");
    await world.deliver();
    expect((await world.json("GET", "/v1/failures?topic=refund_route&limit=100")).data).toHaveLength(8);
    const detail = await world.json("GET", "/v1/clusters/card_route");
    expect(detail.changes[0]).toMatchObject({ kind: "merge", actor: "ADMIN_KEY" });
  });

  it("is asked for whenever a failure comes that the job asked for before may miss", async () => {
    const world = createWorld();
    const asked = () => world.jobs.delayed.filter(({ job }) => job === "train_router").length;
    for (const [after, jobs] of [
      [0, 1],
      [1_000, 1],
      [3_000, 1],
      [2_000, 2],
      [6_000, 3],
    ] as const) {
      world.now += after;
      await world.record(aFailure({ topic: `asked-${crypto.randomUUID()}` }));
      expect(asked()).toBe(jobs);
    }
  });

  it("is trained by one of two deliveries, and not again without news", async () => {
    const world = createWorld();
    await world.record(aFailure({ topic: `twice-${crypto.randomUUID()}` }));
    await world.json("POST", "/v1/router/train");
    let runs = 0;
    const train = () =>
      runJob(world.services, "train_router", ROUTER, (services, held) => {
        runs += 1;
        return trainIfDue(services, held);
      });
    const version = async () => (await world.json("GET", "/v1/router")).version;
    await Promise.all([train(), train()]);
    const first = await version();
    expect(runs).toBe(1);
    world.now += 10_000;
    await world.sweep();
    await world.deliver();
    expect(await version()).toBe(first);
  });
});

describe("names", () => {
  it("a failure without topic and category gets both from the model, marked as such", async () => {
    const letters = crypto.randomUUID().replace(/[^a-f]/g, "");
    const names = { topic: `named_${letters}`, failure_category: "vague" };
    const model = modelThat(({ isRating, request }) =>
      isRating ? rating(50) : request.answer ? JSON.stringify(names) : REWRITE,
    );
    const world = createWorld({ model });
    const [id] = await world.correctAll(aFailure({ topic: null, failure_category: null }));
    expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({
      ...names,
      topic_source: "model",
      failure_category_source: "model",
      status: "improved",
    });
  });

  it("without a usable answer the topic comes from the router", async () => {
    const world = createWorld();
    await trained(world, "fallback");
    world.services.model = goodModel();
    const [id] = await world.correctAll(aFailure({ topic: null, original_prompt: "fallback: where is my refund?!" }));
    expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({ topic_source: "router" });
  });

  it("a rename keeps the old name working; a split moves what is named", async () => {
    const world = createWorld();
    const [topic, other, third] = [1, 2, 3].map((n) => `name-${n}-${crypto.randomUUID()}`);
    const ids = await world.record(aFailure({ topic }), aFailure({ topic, failure_category: "tone" }));
    await world.json("POST", `/v1/clusters/${topic}/rename`, { topic: other });
    expect((await world.json("GET", `/v1/clusters/${topic}`)).topic).toBe(other);
    await world.json("POST", `/v1/clusters/${other}/split`, { into: third, failure_ids: [ids[0]] });
    expect(await world.json("GET", `/v1/failures/${ids[0]}`)).toMatchObject({ topic: third, topic_source: "person" });
    expect(await world.json("GET", `/v1/failures/${ids[1]}`)).toMatchObject({ topic: other });
  });

  it("are not led in a circle by two merges at once", async () => {
    const world = createWorld();
    const [a, b] = ["a", "b"].map((name) => `${name}-${crypto.randomUUID()}`) as [string, string];
    await world.record(aFailure({ topic: a }), aFailure({ topic: b }));
    const both = [
      [a, b],
      [b, a],
    ].map(([from, into]) => world.call("POST", `/v1/clusters/${from}/merge`, { into }));
    const statuses = (await Promise.all(both)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 409]);
    const merged = await env.DB.prepare("select id from clusters where topic in (?, ?) and merged_into is not null");
    expect((await merged.bind(a, b).all()).results).toHaveLength(1);
    expect((await env.DB.prepare("select 1 from clusters where merged_into = id").all()).results).toEqual([]);
  });
});

describe("lessons", () => {
  const change = { op: "add", lesson: null, failure_category: "tone", text: "Name the day.", failures: ["F1", "F2"] };

  async function distilled() {
    const model = modelThat(({ isRating, request }) => {
      if (isRating) return rating(50);
      return request.answer ? JSON.stringify({ changes: [change] }) : REWRITE;
    });
    const world = createWorld({ model });
    const topic = `lesson-${crypto.randomUUID()}`;
    await world.correctAll(...ofTwoCustomers({ topic }), aFailure({ topic, original_prompt: "No refund yet?" }));
    const cluster = await findCluster(world.services.db, topic);
    await askAndRun(world, "distill", cluster?.id ?? "");
    return { world, topic, id: cluster?.id ?? "" };
  }

  it("are learned as small changes with evidence, and not twice from the same failures", async () => {
    const { world, topic, id } = await distilled();
    await askAndRun(world, "distill", id);
    const { guidance, guidance_version } = await world.json("GET", `/v1/clusters/${topic}`);
    expect(guidance_version).toBe(2);
    expect(guidance).toHaveLength(1);
    expect(guidance[0]).toMatchObject({ text: "Name the day.", source: "model", pinned: false });
    expect(guidance[0].evidence).toHaveLength(3);
  });

  it("count for the day's tokens, and are not learned past its budget", async () => {
    const model = modelThat(({ request }) => (request.answer ? JSON.stringify({ changes: [change] }) : REWRITE));
    const world = createWorld({ model, vars: { DAILY_TOKEN_BUDGET: "10" } });
    const topic = `budget-${crypto.randomUUID()}`;
    await world.record(...[1, 2, 3].map(() => aFailure({ topic })));
    await env.DB.prepare("update failed_replies set status = 'needs_human' where status = 'pending'").run();
    const { id } = (await findCluster(world.services.db, topic)) ?? { id: "" };
    world.now = Date.UTC(2032, 4, 1, 12);
    await askAndRun(world, "distill", id);
    expect(model.calls).toHaveLength(1);
    const used = await env.DB.prepare("select * from daily_usage where day = '2032-05-01'").first();
    expect(used).toMatchObject({ input_tokens: 0, output_tokens: 0, other_tokens: 15 });
    await world.record(...[1, 2, 3].map(() => aFailure({ topic })));
    await env.DB.prepare("update failed_replies set status = 'needs_human' where status = 'pending'").run();
    world.now += 3_600_000;
    await world.sweep();
    await world.deliver();
    await askAndRun(world, "distill", id);
    expect(model.calls).toHaveLength(1);
    world.now = Date.UTC(2032, 4, 2, 0, 5);
    await world.sweep();
    await world.deliver();
    expect(model.calls.length).toBeGreaterThan(1);
  });

  it("are a person's to change, who does not overwrite what was not read", async () => {
    const { world, topic } = await distilled();
    const { guidance } = await world.json("GET", `/v1/clusters/${topic}`);
    const path = `/v1/clusters/${topic}/guidance`;
    const lessons = [{ id: guidance[0].id, text: "Name the day and the amount.", pinned: true }];
    const edited = await world.json("PUT", path, { version: 2, lessons });
    expect(edited.guidance[0]).toMatchObject({ text: "Name the day and the amount.", source: "person", pinned: true });
    expect((await world.call("PUT", path, { version: 2, lessons: [] })).status).toBe(409);
  });

  it("survive an eviction of the cluster's object", async () => {
    const { world, topic, id } = await distilled();
    await evictDurableObject(env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName({ cluster_id: id }))));
    expect((await world.json("GET", `/v1/clusters/${topic}`)).guidance[0].text).toBe("Name the day.");
  });
});
