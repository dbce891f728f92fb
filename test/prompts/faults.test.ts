import { env, evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { scopeName } from "../../src/clusters/context/context.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { createDb } from "../../src/db/client.ts";
import { aFailure, createWorld, ofTwoCustomers, type World } from "../support/world.ts";

/** D1 that a test can break. */
function breakable() {
  const state = { broken: false };
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (state.broken) throw new Error("D1_ERROR: Network connection lost.");
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { state, db: createDb(db) };
}

const ask = (world: World, given: object) => world.call("POST", "/v1/prompts", { customer_message: "Hi", ...given });

async function guidanceIn(
  response: Response,
): Promise<{ guided: boolean; topic: string | null; reason: string | null }> {
  expect(response.status).toBe(200);
  const { guided, cluster } = await response.json<{ guided: boolean; cluster: { topic: string } | null }>();
  return { guided, topic: cluster?.topic ?? null, reason: response.headers.get("x-redraft-plain") };
}

const messages = ["Where is my refund?", "Refund not here", "When does my refund come?", "my money is not back yet"];

/** A world whose router knows two topics; the name of one. */
async function routed() {
  const world = createWorld();
  const topic = `refund ${crypto.randomUUID()}`;
  for (const original_prompt of messages) await world.record(aFailure({ topic, original_prompt }));
  await world.record(aFailure({ topic: `password ${crypto.randomUUID()}`, original_prompt: "I forgot my password" }));
  await world.json("POST", "/v1/router/train");
  await world.deliver();
  return { world, topic };
}

describe("a prompt, while D1 is down,", () => {
  it("is plain in an isolate that knows nothing yet, and says why", async () => {
    const topic = `cold-${crypto.randomUUID()}`;
    await createWorld().record(...ofTwoCustomers({ topic }));
    const { state, db } = breakable();
    const world = createWorld();
    world.services.db = db;
    state.broken = true;
    expect(await guidanceIn(await ask(world, { topic }))).toEqual({
      guided: false,
      topic: null,
      reason: "unavailable",
    });
    state.broken = false;
    expect(await guidanceIn(await ask(world, { topic }))).toMatchObject({ guided: true, topic });
  });

  it("is plain where the cluster's object can not read it either", async () => {
    const world = createWorld();
    const topic = `object-${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic }));
    const stub = { read: async () => ({ error: "D1_ERROR: is overloaded" }), touch: async () => undefined };
    world.services.clusters = new Proxy(world.services.clusters, {
      get: (target, name) => (name === "get" ? () => stub : Reflect.get(target, name).bind(target)),
    });
    expect(await guidanceIn(await ask(world, { topic }))).toEqual({
      guided: false,
      topic: null,
      reason: "unavailable",
    });
  });

  it("goes on with what a warm isolate knows, however old that gets", async () => {
    const { state, db } = breakable();
    const world = createWorld();
    world.services.db = db;
    const topic = `warm-${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic }));
    expect(await guidanceIn(await ask(world, { topic }))).toMatchObject({ guided: true });
    state.broken = true;
    for (const later of [1_000, 40_000, 600_000, 86_400_000]) {
      world.now += later;
      expect(await guidanceIn(await ask(world, { topic })), `${later} ms later`).toMatchObject({ guided: true, topic });
    }
  });
});

describe("the router's file", () => {
  const truncated = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 100);
  const flipped = (at: (length: number) => number) => (bytes: Uint8Array) => {
    const copy = bytes.slice();
    const place = at(copy.length);
    copy[place] = (copy[place] ?? 0) ^ 0x10;
    return copy;
  };

  it.each<[string, (bytes: Uint8Array) => Uint8Array | null]>([
    ["gone", () => null],
    ["empty", () => new Uint8Array()],
    ["truncated", truncated],
    ["another kind of file", flipped(() => 0)],
    ["hit by a flipped bit in its weights", flipped((length) => Math.floor(length / 2))],
    ["hit by a flipped bit in its checksum", flipped((length) => length - 1)],
  ])(
    "being %s leaves prompts plain, or guided by a given topic, until the sweep has it trained again",
    async (_, damage) => {
      const { world: before, topic } = await routed();
      const { version } = await before.json("GET", "/v1/router");
      const key = `router/${version}.bin`;
      const bytes = new Uint8Array((await (await env.EXPORTS.get(key))?.arrayBuffer()) ?? new ArrayBuffer());
      expect(bytes.length).toBeGreaterThan(1_000);
      const damaged = damage(bytes);
      await (damaged === null ? env.EXPORTS.delete(key) : env.EXPORTS.put(key, damaged));

      const world = createWorld();
      const routes = () => ask(world, { customer_message: "where is my refund please" });
      expect(await guidanceIn(await routes())).toEqual({ guided: false, topic: null, reason: "no_router" });
      expect(await guidanceIn(await ask(world, { topic }))).toMatchObject({ guided: true, topic });
      await world.sweep();
      await world.deliver();
      expect((await world.json("GET", "/v1/router")).version).not.toBe(version);
      expect((await routes()).headers.get("x-redraft-plain")).not.toBe("no_router");
    },
  );

  it("is trained again where the new one was never named", async () => {
    const { world: before } = await routed();
    const { version } = await before.json("GET", "/v1/router");
    const text = (await (await env.EXPORTS.get("router/current"))?.text()) ?? "";
    await env.EXPORTS.put("router/current", text.replace(version, "an-older-one"));
    const world = createWorld();
    await world.sweep();
    await world.deliver();
    const now = await world.json("GET", "/v1/router");
    expect(await (await env.EXPORTS.get("router/current"))?.json()).toMatchObject({ version: now.version });
  });

  it("that nothing is known of makes the prompt plain, not an error", async () => {
    await env.EXPORTS.put("router/current", "{ not JSON");
    const world = createWorld();
    expect(await guidanceIn(await ask(world, {}))).toEqual({ guided: false, topic: null, reason: "unavailable" });
    await env.EXPORTS.delete("router/current");
    expect(await guidanceIn(await ask(world, {}))).toEqual({ guided: false, topic: null, reason: "no_router" });
  });
});

describe("a cluster, while prompts are served from it,", () => {
  it("is not taken back to an older version by an answer that was overtaken", async () => {
    const world = createWorld();
    const topic = `version-${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic }));
    const { id } = (await findCluster(world.services.db, topic)) ?? { id: "" };
    const scope = { cluster_id: id };
    const real = await env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName(scope))).read(scope);
    if ("error" in real) throw new Error(real.error);
    const versions = [7, 3, 8];
    const stub = {
      read: async () => {
        const version = versions.shift() ?? 8;
        return { context: { ...real.context, version, failures: version } };
      },
    };
    world.services.clusters = new Proxy(world.services.clusters, {
      get: (target, name) => (name === "get" ? () => stub : Reflect.get(target, name).bind(target)),
    });
    const failures = async () =>
      (await (await ask(world, { topic })).json<{ cluster: { failures: number } }>()).cluster.failures;
    expect(await failures()).toBe(7);
    world.now += 600_000;
    expect(await failures(), "version 3 came late").toBe(7);
    world.now += 600_000;
    expect(await failures()).toBe(8);
  });

  it("may be evicted at any moment", async () => {
    const world = createWorld();
    const topic = `evicted-${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic }));
    const { id } = (await findCluster(world.services.db, topic)) ?? { id: "" };
    const stub = env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName({ cluster_id: id })));
    await stub.read({ cluster_id: id });
    for (let turn = 0; turn < 4; turn++) {
      const [response] = await Promise.all([ask(world, { topic }), evictDurableObject(stub)]);
      expect(await guidanceIn(response)).toMatchObject({ guided: true, topic });
      world.now += 600_000;
    }
  });

  it("may be merged into another: every prompt is guided, and what is recorded meanwhile arrives", async () => {
    const world = createWorld();
    const [source, target] = [`source-${crypto.randomUUID()}`, `target-${crypto.randomUUID()}`];
    await world.record(...ofTwoCustomers({ topic: source }), ...ofTwoCustomers({ topic: target }));
    const traffic = async () => {
      for (let turn = 0; turn < 10; turn++) {
        const found = await guidanceIn(await ask(world, { topic: source }));
        expect(found.guided).toBe(true);
        expect([source, target]).toContain(found.topic);
        await world.record(aFailure({ topic: source }));
        world.now += 4_000;
      }
    };
    await Promise.all([traffic(), traffic(), world.json("POST", `/v1/clusters/${source}/merge`, { into: target })]);
    await world.sweep();
    await world.deliver();
    const { results } = await env.DB.prepare(
      "select count(*) as n, count(distinct cluster_id) as clusters from failed_replies where cluster_id in (select cluster_id from cluster_topics where key like 'source%' or key like 'target%')",
    ).all<{ n: number; clusters: number }>();
    expect(results).toEqual([{ n: 24, clusters: 1 }]);
    world.now += 600_000;
    expect(await guidanceIn(await ask(world, { topic: source }))).toMatchObject({ guided: true, topic: target });
  });
});
