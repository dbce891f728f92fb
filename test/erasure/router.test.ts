import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { clearAll } from "../exports/rows.ts";
import { aFailure, createWorld } from "../support/world.ts";

describe("an erasure, of what the router learned,", () => {
  const routers = async () =>
    (await env.EXPORTS.list({ prefix: "router/" })).objects.map(({ key }) => key).filter((key) => key.endsWith(".bin"));

  async function aWorld(topics: string[]) {
    await clearAll();
    const tables = ["erasures", "jobs", "router_training"];
    await env.DB.batch(tables.map((table) => env.DB.prepare(`delete from ${table}`)));
    const world = createWorld();
    const ids = await world.record(
      ...topics.map((topic, n) => aFailure({ topic, original_prompt: `Question ${n} about ${topic}` })),
    );
    await world.json("POST", "/v1/router/train");
    await world.deliver();
    return { world, ids, router: () => world.json("GET", "/v1/router") };
  }

  it("leads to one training, within the hour of the first, and leaves one file", async () => {
    const { world, ids, router } = await aWorld(["refund", "refund", "parcel", "parcel", "parcel"]);
    const { version } = await router();
    world.now += 1_000;
    const first = world.now;
    for (const id of ids.slice(0, 3)) {
      await world.call("DELETE", `/v1/failures/${id}`);
      world.now += 10 * 60_000;
      await world.sweep();
      await world.deliver();
    }
    expect(await router()).toMatchObject({ version, forget_by: new Date(first + 3_600_000).toISOString() });
    world.now = first + 3_600_000;
    await world.sweep();
    await world.deliver();
    const trained = await router();
    expect(trained).toMatchObject({ topics: 1, examples: 2, forget_by: null });
    expect(trained.version).not.toBe(version);
    expect(await routers()).toEqual([`router/${trained.version}.bin`]);
    world.now += 3_600_000;
    await world.sweep();
    await world.deliver();
    expect((await router()).version).toBe(trained.version);
    expect(await world.json("GET", `/v1/erasures/${ids[2]}`)).toMatchObject({ state: "done" });
  });

  it("leaves no router at all where nothing is left to learn from", async () => {
    const { world, ids, router } = await aWorld(["refund", "parcel"]);
    world.now += 1_000;
    for (const id of ids) await world.call("DELETE", `/v1/failures/${id}`);
    world.now += 3_600_000;
    await world.sweep();
    await world.deliver();
    expect(await router()).toMatchObject({ version: null, topics: 0 });
    expect((await env.EXPORTS.list({ prefix: "router/" })).objects).toEqual([]);
    const asked = await world.json("POST", "/v1/prompts", { customer_message: "Question 0 about refund" });
    expect(asked).toMatchObject({ cluster: null });
  });

  it("is not forgotten where it comes while the router is trained", async () => {
    const { world, ids, router } = await aWorld(["refund", "refund", "parcel", "parcel"]);
    world.now += 1_000;
    await world.json("POST", "/v1/router/train");
    // Between what it reads and what it stores.
    const put = env.EXPORTS.put.bind(env.EXPORTS);
    world.services.bucket = new Proxy(env.EXPORTS, {
      get(target, name) {
        if (name !== "put") return (Reflect.get(target, name) as () => unknown).bind(target);
        return async (key: string, ...given: [ArrayBuffer]) => {
          if (key.endsWith(".bin")) await world.call("DELETE", `/v1/failures/${ids[0]}`);
          return put(key, ...given);
        };
      },
    });
    await world.deliver();
    world.services.bucket = env.EXPORTS;
    expect(await router()).toMatchObject({ examples: 4, forget_by: expect.any(String) });
    expect((await world.json("GET", `/v1/erasures/${ids[0]}`)).state).toBe("running");
    world.now += 3_600_000;
    await world.sweep();
    await world.deliver();
    expect(await router()).toMatchObject({ examples: 3, forget_by: null });
  });
});
