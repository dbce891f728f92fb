import { describe, expect, it } from "vitest";
import { aFailure, createWorld } from "../support/world.ts";
import { watchedDb } from "./a-key.ts";
import { aWorld, CALLS, MANY, noKey, someCounters, statuses } from "./a-limited-world.ts";

describe("a caller without a key", () => {
  const from = (address: string, more = {}) => ({ ...noKey, "cf-connecting-ip": address, ...more });

  it("counts for the address that Cloudflare says, and no other header's", async () => {
    const { world } = await aWorld(2);
    const ask = (headers: Record<string, string>) => world.call("GET", "/v1/failures", undefined, headers);
    const forged = ["198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"].map((other) =>
      from("203.0.113.7", { "x-forwarded-for": other, "x-real-ip": other, "true-client-ip": other, forwarded: other }),
    );
    const seen = [];
    for (const headers of forged) seen.push((await ask(headers)).status);
    expect(seen).toEqual([401, 401, 429, 429]);
    expect((await ask(from("203.0.113.8"))).status).toBe(401);
  });

  it("counts for a network where it has a whole one to itself", async () => {
    const { world } = await aWorld(2);
    const ask = (address: string) => world.call("GET", "/v1/failures", undefined, from(address));
    const seen = [];
    for (const address of ["2001:db8:0:1::1", "2001:db8::1:ffff:0:0:9", "2001:0DB8:0:1::2"])
      seen.push((await ask(address)).status);
    expect(seen).toEqual([401, 401, 429]);
    expect((await ask("2001:db8:0:2::1")).status).toBe(401);
  });

  it("has no address handed on in clear", async () => {
    const { world, counters } = await aWorld(MANY);
    await world.call("GET", "/v1/failures", undefined, from("203.0.113.7"));
    await world.call("GET", "/v1/failures", undefined, from("203.0.113.7", { authorization: "Bearer wrong" }));
    const [one, two] = [[...counters.no_key.counted.keys()], [...counters.unknown_keys.counted.keys()]];
    expect(one).toEqual(two);
    expect(one).toEqual([expect.stringMatching(/^[\w-]{16}$/)]);
  });

  it("gets so many signed links' files, and sign-in pages, and webhooks", async () => {
    const { world } = await aWorld(MANY);
    await world.correctAll(aFailure(), aFailure());
    const { id } = await world.json("POST", "/v1/exports", { min_gain: -100 });
    await world.deliver();
    const { links } = await world.json("POST", `/v1/exports/${id}/links`, {});
    const { pathname } = new URL(links["manifest.json"]);
    for (const [method, path, status] of [
      ["GET", pathname, 200],
      ["HEAD", pathname, 200],
      ["GET", "/sign-in", 200],
      ["POST", "/v1/fine-tunes/webhook", 401],
    ] as const) {
      world.services.counters = someCounters(2);
      const call = () => world.call(method, path, undefined, from("203.0.113.7"));
      const seen = await statuses(3, call);
      expect([seen[0] === 200 || status === 401, seen[2]], `${method} ${path}: ${seen}`).toEqual([true, 429]);
      expect((await call()).headers.get("retry-after")).toBe("10");
    }
  });

  it("always learns that the Worker is up", async () => {
    const { world } = await aWorld(0);
    expect((await world.call("GET", "/healthz", undefined, noKey)).status).toBe(200);
  });
});

describe("guessing a key", () => {
  const unknown = () => `rd_${crypto.randomUUID()}_${"A".repeat(43)}`;

  it("is limited for an address, and then reads nothing", async () => {
    const { world } = await aWorld(MANY, { unknown_keys: 3 });
    const { db, seen } = watchedDb();
    world.services.db = db;
    const guess = (address: string, key = unknown()) =>
      world.call("GET", "/v1/failures", undefined, { authorization: `Bearer ${key}`, "cf-connecting-ip": address });
    expect(await statuses(3, () => guess("203.0.113.7"))).toEqual([401, 401, 401]);
    expect(seen).toHaveLength(3);
    expect(await statuses(5, () => guess("203.0.113.7"))).toEqual(Array(5).fill(429));
    expect(await statuses(2, () => guess("203.0.113.7", "short"))).toEqual([429, 429]);
    expect(seen).toHaveLength(3);
    expect((await guess("203.0.113.8")).status).toBe(401);
  });

  it("with a right one is not told from a wrong one where too many were tried", async () => {
    const { world, headers } = await aWorld(MANY, { unknown_keys: 0 });
    expect((await CALLS.reads(world, headers)).status).toBe(429);
  });

  it("does not get a key refused that is in use, whatever else comes from its address", async () => {
    const { world, headers } = await aWorld(MANY, { unknown_keys: 1 });
    expect((await CALLS.reads(world, headers)).status).toBe(200);
    expect(await statuses(3, () => CALLS.unknown_keys(world, {}))).toEqual([429, 429, 429]);
    expect(await statuses(3, () => CALLS.reads(world, headers))).toEqual([200, 200, 200]);
    expect((await CALLS.reads(world, {})).status).toBe(200);
    // Its id does not do.
    const changed = { authorization: `${headers.authorization.slice(0, -2)}xx` };
    expect((await CALLS.reads(world, changed)).status).toBe(429);
  });

  it("is not what a key does that has ended: it counts for itself, not for its successor's address", async () => {
    const { world, headers, id, counters } = await aWorld(3, { unknown_keys: MANY });
    expect((await CALLS.reads(world, headers)).status).toBe(200);
    await createWorld().call("DELETE", `/v1/keys/${id}`);
    world.now += 60_000;
    expect(await statuses(4, () => CALLS.reads(world, headers))).toEqual([401, 401, 429, 429]);
    expect([...counters.reads.counted]).toEqual([[id, 3]]);
    expect([...counters.unknown_keys.counted.values()]).toEqual([1]);
  });
});
