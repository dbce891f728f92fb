import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { listKeys } from "../../src/access/queries.ts";
import { createApp } from "../../src/app.ts";
import { HOUR, MINUTE, SECOND, toRfc3339 } from "../../src/lib/time.ts";
import { explained } from "../db/explained.ts";
import { whereIs } from "../erasure/scan.ts";
import { createWorld, KEY, type World } from "../support/world.ts";
import { aKey, reads, watchedDb } from "./a-key.ts";

const KEY_FORM = /^rd_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}_[\w-]{43}$/;

afterEach(() => vi.restoreAllMocks());

describe("a key", () => {
  it("is shown once, and stands nowhere in clear, nor in a log", async () => {
    const logged: string[] = [];
    for (const level of ["info", "warn", "error", "log"] as const)
      vi.spyOn(console, level).mockImplementation((...parts) => void logged.push(parts.join(" ")));
    const world = createWorld();
    const made = await world.call("POST", "/v1/keys", { name: "Helpdesk", scopes: ["read", "ingest", "read"] });
    expect(made.status).toBe(201);
    expect(made.headers.get("cache-control")).toBe("no-store");
    const { key, ...shown } = (await made.json()) as { id: string; key: string };
    expect(key).toMatch(KEY_FORM);
    expect(shown).toMatchObject({ name: "Helpdesk", scopes: ["ingest", "read"], created_by: "ADMIN_KEY" });
    const headers = { authorization: `Bearer ${key}` };
    expect(await reads(world, headers)).toBe(200);
    expect((await world.call("GET", "/v1/keys", undefined, headers)).status).toBe(403);
    const { db, state } = watchedDb();
    state.down = true;
    world.services.db = db;
    expect(await reads(world, headers)).toBe(503);
    const secret = key.split("_")[2] ?? "";
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.join("\n")).not.toContain(secret);
    expect(await whereIs(secret)).toEqual([]);
    expect(await whereIs(shown.id)).toEqual(["D1 activity", "D1 keys"]);
    const listed = await createWorld().call("GET", "/v1/keys");
    expect(await listed.text()).not.toContain(secret);
  });

  it("opens nothing with another secret, another id, or a letter more or less", async () => {
    const world = createWorld();
    const [one, other] = [await aKey(world, ["read"]), await aKey(world, ["read"])];
    const secretOf = (key: string) => key.slice(40);
    const wrong = [
      `rd_${one.id}_${secretOf(other.key)}`,
      `rd_${one.id}_${secretOf(one.key).split("").reverse().join("")}`,
      `rd_${crypto.randomUUID()}_${secretOf(one.key)}`,
      `${one.key}A`,
      one.key.slice(0, -1),
      one.key.toUpperCase(),
      one.key.replace("rd_", ""),
      `rd_${one.id}_`,
      `rd_${one.id}`,
      `${KEY}x`,
    ];
    // Before the right secret was ever shown, and after, when it is compared with that.
    for (const round of [1, 2]) {
      for (const key of wrong)
        expect(await reads(world, { authorization: `Bearer ${key}` }), `${round}: ${key}`).toBe(401);
      expect(await reads(world, one.headers)).toBe(200);
    }
  });

  it("is one of two for the same caller while one replaces the other", async () => {
    const world = createWorld();
    const old = await aKey(world, ["read"], { name: "Bot" });
    const next = await aKey(world, ["read"], { name: "Bot" });
    expect([await reads(world, old.headers), await reads(world, next.headers)]).toEqual([200, 200]);
    expect((await world.call("DELETE", `/v1/keys/${old.id}`)).status).toBe(204);
    expect([await reads(world, old.headers), await reads(world, next.headers)]).toEqual([401, 200]);
  });

  it("ends at its time, in an isolate that knows it too, and cannot be made for the past", async () => {
    const world = createWorld();
    const { headers } = await aKey(world, ["read"], { expires_at: toRfc3339(world.now + 10 * SECOND) });
    expect(await reads(world, headers)).toBe(200);
    world.now += 10 * SECOND - 1;
    expect(await reads(world, headers)).toBe(200);
    world.now += 1;
    expect(await reads(world, headers)).toBe(401);
    const late = await world.json("POST", "/v1/keys", {
      name: "x",
      scopes: ["read"],
      expires_at: toRfc3339(world.now),
    });
    expect(late).toMatchObject({ status: 400, errors: [{ pointer: "/expires_at" }] });
  });

  it("is made by admins alone, with scopes that there are", async () => {
    const world = createWorld();
    const { headers } = await aKey(world, ["ingest", "prompts", "read", "review", "export"]);
    for (const [method, path] of [
      ["POST", "/v1/keys"],
      ["GET", "/v1/keys"],
      ["DELETE", `/v1/keys/${crypto.randomUUID()}`],
    ] as const)
      expect((await world.call(method, path, method === "POST" ? {} : undefined, headers)).status).toBe(403);
    for (const scopes of [[], ["root"], ["read", "*"], "read", undefined])
      expect((await world.call("POST", "/v1/keys", { name: "x", scopes })).status).toBe(400);
    const admin = await aKey(world, ["admin"], { name: "Ada" });
    const made = await world.call("POST", "/v1/keys", { name: "Bot", scopes: ["prompts"] }, admin.headers);
    expect(await made.json()).toMatchObject({ created_by: "Ada" });
  });

  it("is listed until it is revoked, and after that when asked for; revoking twice changes nothing", async () => {
    const world = createWorld();
    const [first, second] = [await aKey(world, ["read"]), await aKey(world, ["read"])];
    const page = await world.json("GET", "/v1/keys?limit=1");
    expect(page.data.map(({ id }: { id: string }) => id)).toEqual([second.id]);
    const next = await world.json("GET", `/v1/keys?limit=1&cursor=${page.next_cursor}`);
    expect(next.data.map(({ id }: { id: string }) => id)).toEqual([first.id]);
    for (let i = 0; i < 2; i++) {
      expect((await world.call("DELETE", `/v1/keys/${first.id}`)).status).toBe(204);
      world.now += MINUTE;
    }
    const all = async (query: string) => (await world.json("GET", `/v1/keys${query}`)).data as { id: string }[];
    expect((await all("")).map(({ id }) => id)).not.toContain(first.id);
    const revoked = (await all("?revoked=true")).find(({ id }) => id === first.id);
    expect(revoked).toMatchObject({ revoked_at: toRfc3339(world.now - 2 * MINUTE), revoked_by: "ADMIN_KEY" });
    expect((await world.call("DELETE", `/v1/keys/${crypto.randomUUID()}`)).status).toBe(404);
    const { db, plans } = explained();
    await listKeys(db, { limit: 1, cursor: page.next_cursor, revoked: false });
    for (const { plan } of await plans())
      expect(plan).toEqual([expect.stringMatching(/^SEARCH keys USING INDEX sqlite_autoindex_keys_1 \(id<\?\)$/)]);
  });
});

describe("the last use of a key", () => {
  /** When it was last used, after a call whose later work was waited for. */
  async function use(world: World, { id, headers }: { id: string; headers: Record<string, string> }) {
    const app = createApp(() => world.services);
    const ctx = createExecutionContext();
    const answer = await app.request("/v1/failure-categories", { headers }, env, ctx);
    await waitOnExecutionContext(ctx);
    const row = await env.DB.prepare("select last_used_at as at from keys where id = ?")
      .bind(id)
      .first<{ at: number }>();
    return { status: answer.status, at: row?.at ?? null };
  }

  it("is written at most once an hour, whatever isolate serves it", async () => {
    const world = createWorld();
    const key = await aKey(world, ["read"]);
    const { db, seen } = watchedDb();
    world.services.db = db;
    const began = world.now;
    const writes = () => seen.filter((sql) => sql.startsWith("update")).length;
    expect(await use(world, key)).toEqual({ status: 200, at: began });
    world.now = began + HOUR - 1;
    expect(await use(world, key)).toEqual({ status: 200, at: began });
    expect(writes()).toBe(1);
    const elsewhere = createWorld();
    elsewhere.now = world.now;
    expect(await use(elsewhere, key)).toEqual({ status: 200, at: began });
    world.now = began + HOUR;
    expect(await use(world, key)).toEqual({ status: 200, at: began + HOUR });
    expect(await use(world, key)).toEqual({ status: 200, at: began + HOUR });
    expect(writes()).toBe(2);
  });

  it("is not noted for a wrong secret, nor after the key ended", async () => {
    const world = createWorld();
    const key = await aKey(world, ["read"]);
    const wrong = { id: key.id, headers: { authorization: `Bearer ${key.key.slice(0, -2)}xx` } };
    expect(await use(world, wrong)).toEqual({ status: 401, at: null });
    await world.call("DELETE", `/v1/keys/${key.id}`);
    expect(await use(world, key)).toEqual({ status: 401, at: null });
  });

  it("that cannot be written changes no answer", async () => {
    const world = createWorld();
    const key = await aKey(world, ["read"]);
    await env.DB.prepare("create trigger no_use before update on keys begin select raise(fail, 'no'); end").run();
    const used = await use(world, key);
    await env.DB.prepare("drop trigger no_use").run();
    expect(used).toEqual({ status: 200, at: null });
  });
});
