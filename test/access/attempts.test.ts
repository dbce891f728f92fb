import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { MOST_FAILED, WINDOW_MS } from "../../src/access/limit-attempts.ts";
import { SECOND } from "../../src/lib/time.ts";
import { explained } from "../db/explained.ts";
import { createWorld, KEY, type World } from "../support/world.ts";
import { aKey, reads } from "./a-key.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded", origin: "http://localhost" };

function attempt(world: World, key: string, address = "203.0.113.7") {
  const body = new URLSearchParams({ key }).toString();
  return world.call("POST", "/sign-in", body, { ...FORM, authorization: "", "cf-connecting-ip": address });
}

async function fail(world: World, times: number, addressOf: (i: number) => string = () => "203.0.113.7") {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) statuses.push((await attempt(world, `wrong ${i}`, addressOf(i))).status);
  return statuses;
}

const rows = async () =>
  (
    await env.DB.prepare("select who, failed from sign_in_attempts order by failed").all<{
      who: string;
      failed: number;
    }>()
  ).results;

beforeEach(() => env.DB.prepare("delete from sign_in_attempts").run());

describe("attempts at the sign-in page", () => {
  it("that fail are limited from one address, which is told how long to wait, with the right key too", async () => {
    const world = createWorld();
    expect(await fail(world, MOST_FAILED.address)).toEqual(Array(MOST_FAILED.address).fill(401));
    world.now += 100 * SECOND;
    const refused = await attempt(world, KEY);
    expect(refused.status).toBe(429);
    const wait = Number(refused.headers.get("retry-after"));
    expect(wait).toBe((WINDOW_MS - 100 * SECOND) / SECOND);
    expect(refused.headers.get("set-cookie")).toBeNull();
    expect(await refused.text()).toContain(`More than ${MOST_FAILED.address} attempts from your address have failed`);
    world.now += wait * SECOND - 1;
    expect((await attempt(world, KEY)).status).toBe(429);
    world.now += 1;
    expect((await attempt(world, KEY)).status).toBe(303);
  });

  it("are not limited for others, nor for callers with a key", async () => {
    const world = createWorld();
    await fail(world, MOST_FAILED.address + 5);
    expect((await attempt(world, KEY, "203.0.113.8")).status).toBe(303);
    const { headers } = await aKey(world, ["read"]);
    expect(await reads(world, { ...headers, "cf-connecting-ip": "203.0.113.7" })).toBe(200);
  });

  it("that succeed do not count, and do not give back those that failed", async () => {
    const world = createWorld();
    for (let i = 0; i < MOST_FAILED.address + 5; i++) expect((await attempt(world, KEY)).status).toBe(303);
    await fail(world, MOST_FAILED.address - 1);
    expect((await attempt(world, KEY)).status).toBe(303);
    expect(await fail(world, 2)).toEqual([401, 429]);
  });

  it("let no more through because many come at once", async () => {
    const world = createWorld();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => attempt(world, `wrong ${i}`)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(MOST_FAILED.address);
    expect(statuses.filter((status) => status === 429)).toHaveLength(40 - MOST_FAILED.address);
  });

  it("are limited in all, from however many addresses, and one address does not use that up", async () => {
    const world = createWorld();
    await fail(world, 30);
    expect((await rows()).map(({ failed }) => failed)).toEqual([MOST_FAILED.address, MOST_FAILED.address]);
    await env.DB.prepare("update sign_in_attempts set failed = ? where who = 'all'")
      .bind(MOST_FAILED.all - 2)
      .run();
    expect(await fail(world, 4, (i) => `198.51.100.${i}`)).toEqual([401, 401, 429, 429]);
    const refused = await attempt(world, KEY, "192.0.2.1");
    expect(refused.status).toBe(429);
    expect(await refused.text()).toContain(`More than ${MOST_FAILED.all} attempts to sign in have failed, from all`);
    world.now += WINDOW_MS;
    expect((await attempt(world, KEY, "192.0.2.1")).status).toBe(303);
    // What is over is gone.
    expect(await rows()).toHaveLength(2);
  });

  it("leave no address behind", async () => {
    const world = createWorld();
    await fail(world, 1);
    const stored = JSON.stringify(await rows());
    expect(stored).not.toContain("203.0.113");
    const unkeyed = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("203.0.113.7"));
    expect(stored).not.toContain(btoa(String.fromCharCode(...new Uint8Array(unkeyed))).slice(0, 20));
  });

  it("are counted by their index and keys", async () => {
    const world = createWorld();
    const { db, plans } = explained();
    world.services.db = db;
    await fail(world, MOST_FAILED.address + 1);
    const counted = (await plans()).filter(({ sql }) => /sign_in_attempts/.test(sql) && !/^insert/.test(sql));
    expect(counted.length).toBeGreaterThan(10);
    for (const { sql, plan } of counted) expect(plan.join("; "), sql).toMatch(/^SEARCH sign_in_attempts USING/);
  });
});
