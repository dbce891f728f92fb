import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { HOUR, MINUTE } from "../../src/lib/time.ts";
import { explained } from "../db/explained.ts";
import { createWorld, KEY, type World } from "../support/world.ts";
import { aKey, watchedDb } from "./a-key.ts";

const OWN = "https://redraft.test";

/** A browser with its cookie, on a Redraft whose services the test can change. */
function aBrowser(world: World = createWorld()) {
  const app = createApp(() => world.services);
  let cookie = "";
  const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: URLSearchParams) => {
    const init = { method, headers: { cookie, ...headers }, body };
    const response = await app.request(`${OWN}${path}`, init, env);
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    return response;
  };
  return {
    send,
    cookie: () => cookie,
    /** Looks like a browser that was never signed in, or like one that kept its cookie. */
    setCookie(value: string) {
      cookie = value;
    },
    signIn: (key = KEY) => send("POST", "/sign-in", { origin: OWN }, new URLSearchParams({ key })),
    async isIn() {
      return (await send("GET", "/runs")).status === 200;
    },
  };
}

const sessions = async () => (await env.DB.prepare("select * from sessions").all<{ id_hash: string }>()).results;

describe("a session", () => {
  it("is over on the server once somebody signed out: a copy of the cookie opens nothing", async () => {
    const browser = aBrowser();
    await browser.signIn();
    const copy = browser.cookie();
    expect(await browser.isIn()).toBe(true);
    const out = await browser.send("POST", "/sign-out", { origin: OWN });
    expect(out.headers.get("location")).toBe("/sign-in");
    browser.setCookie(copy);
    expect(await browser.isIn()).toBe(false);
  });

  it("outlives another one's end, but not the end of all", async () => {
    const [here, there, third] = [aBrowser(), aBrowser(), aBrowser()];
    for (const browser of [here, there, third]) await browser.signIn();
    await third.send("POST", "/sign-out", { origin: OWN });
    expect([await here.isIn(), await there.isIn()]).toEqual([true, true]);
    await here.send("POST", "/sign-out/everywhere", { origin: OWN });
    expect([await here.isIn(), await there.isIn()]).toEqual([false, false]);
    expect(await sessions()).toEqual([]);
  });

  it("ends after two hours in which nobody uses it, and no sooner", async () => {
    const world = createWorld();
    const browser = aBrowser(world);
    await browser.signIn();
    for (let i = 0; i < 3; i++) {
      world.now += 2 * HOUR - 1;
      expect(await browser.isIn()).toBe(true);
    }
    // What is not written each time makes it five minutes shorter at most.
    world.now += 4 * MINUTE;
    expect(await browser.isIn()).toBe(true);
    world.now += 2 * HOUR - 4 * MINUTE;
    expect(await browser.isIn()).toBe(false);
  });

  it("writes at most once in five minutes that it is used", async () => {
    const world = createWorld();
    const browser = aBrowser(world);
    await browser.signIn();
    const { db, seen } = watchedDb();
    world.services.db = db;
    const written = () => seen.filter((sql) => sql.startsWith("update")).length;
    for (let i = 0; i < 5; i++) await browser.isIn();
    expect(written()).toBe(0);
    world.now += 5 * MINUTE;
    for (let i = 0; i < 5; i++) await browser.isIn();
    expect(written()).toBe(1);
  });

  it("ends after twelve hours however it is used, and its row goes when somebody signs in later", async () => {
    const world = createWorld();
    const browser = aBrowser(world);
    await browser.signIn();
    const [{ id_hash: old } = { id_hash: "" }] = await sessions();
    for (let i = 0; i < 12; i++) {
      world.now += HOUR - (i < 11 ? 0 : 1);
      expect(await browser.isIn()).toBe(true);
    }
    world.now += 1;
    expect(await browser.isIn()).toBe(false);
    await aBrowser(world).signIn();
    expect((await sessions()).map(({ id_hash }) => id_hash)).not.toContain(old);
  });

  it("ends with the key that opened it", async () => {
    const world = createWorld();
    const browser = aBrowser(world);
    await browser.signIn();
    world.services.config = { ...world.services.config, ADMIN_KEY: `another-${KEY}` };
    expect(await browser.isIn()).toBe(false);
  });

  it("is replaced by the next sign-in of the same browser, so that no cookie from before can be used with it", async () => {
    const browser = aBrowser();
    await browser.signIn();
    const before = browser.cookie();
    await browser.signIn();
    expect(browser.cookie()).not.toBe(before);
    browser.setCookie(before);
    expect(await browser.isIn()).toBe(false);
  });

  it("of an attacker's, put into a browser before its owner signs in, is not the one that is then signed in", async () => {
    const world = createWorld();
    const attacker = aBrowser(world);
    const { key } = await aKey(world, ["prompts"], { name: "A bot's" });
    await attacker.signIn(key);
    const planted = attacker.cookie();
    const victim = aBrowser(world);
    victim.setCookie(planted);
    await victim.signIn();
    expect(victim.cookie()).not.toBe(planted);
    expect(await victim.isIn()).toBe(true);
    expect(await attacker.isIn()).toBe(false);
    // Nor one that anybody could set from another host of the same domain: its name has no `__Host-`.
    const [, value = ""] = victim.cookie().split("=");
    expect(victim.cookie()).toMatch(/^__Host-redraft_session=/);
    victim.setCookie(`redraft_session=${value}`);
    expect(await victim.isIn()).toBe(false);
  });

  it("cannot be made up, nor taken from the database", async () => {
    const browser = aBrowser();
    await browser.signIn();
    const [name = "", value = ""] = browser.cookie().split("=");
    const signature = value.slice(value.indexOf("."));
    const stored = (await sessions()).map(({ id_hash }) => id_hash);
    expect(stored.some((hash) => value.includes(hash))).toBe(false);
    for (const forged of [...stored, "", "9999999999999", "x".repeat(5_000)]) {
      browser.setCookie(`${name}=${forged}${signature}`);
      expect(await browser.isIn()).toBe(false);
    }
  });

  it("costs one read by its key, and a cookie that we did not sign none", async () => {
    const world = createWorld();
    const browser = aBrowser(world);
    await browser.signIn();
    const real = browser.cookie();
    const { db, plans } = explained();
    world.services.db = db;
    browser.setCookie(real.replace("=", "=x"));
    await browser.send("GET", "/docs");
    browser.setCookie(real);
    await browser.send("GET", "/docs");
    expect(await plans()).toEqual([
      expect.objectContaining({
        plan: [
          expect.stringMatching(/^SEARCH sessions USING .*INDEX .*\(id_hash=\?\)$/),
          expect.stringMatching(/^SEARCH keys USING .*INDEX .*\(id=\?\) LEFT-JOIN$/),
        ],
      }),
    ]);
  });
});

const FOREIGN: Record<string, string>[] = [
  { origin: "https://evil.example" },
  { origin: "null" },
  { origin: "http://redraft.test" },
  { origin: "https://redraft.test:8443" },
  { origin: "https://other.redraft.test", "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "cross-site", origin: OWN },
  { "sec-fetch-site": "same-site", origin: OWN },
  { "sec-fetch-site": "same-origin", origin: "https://evil.example" },
  { "sec-fetch-site": "something-new" },
  {},
];
const TYPES = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"];
const OTHER_TYPES = ["application/json", "application/x-ndjson", "application/octet-stream", ""];

describe("what a session's cookie authorises", () => {
  it("does not change anything for another site, whatever kind of body it sends", async () => {
    const browser = aBrowser();
    await browser.signIn();
    for (const from of FOREIGN) {
      for (const type of [...TYPES, ...OTHER_TYPES]) {
        for (const [method, path] of [
          ["POST", "/v1/correction-runs"],
          ["POST", "/runs"],
          ["POST", "/sign-out/everywhere"],
          ["PUT", "/v1/clusters/x/guidance"],
          ["DELETE", "/v1/failures/0"],
          ["PATCH", "/v1/failures/0"],
        ] as const) {
          const answer = await browser.send(method, path, { ...from, ...(type && { "content-type": type }) });
          expect(answer.status, `${method} ${path} ${type} ${JSON.stringify(from)}`).toBe(403);
        }
      }
    }
    expect(await browser.isIn()).toBe(true);
  });

  it("works from our own pages, whose forms send no origin because they send no referrer", async () => {
    const browser = aBrowser();
    await browser.signIn();
    for (const own of [
      { origin: OWN },
      { "sec-fetch-site": "same-origin", origin: "null" },
      { "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "same-origin", origin: OWN },
      { "sec-fetch-site": "none" },
    ] as Record<string, string>[]) {
      const answer = await browser.send("POST", "/v1/correction-runs", { ...own, "content-type": "application/json" });
      expect([400, 415], JSON.stringify(own)).toContain(answer.status);
    }
  });

  it("is read from anywhere: links from a helpdesk open", async () => {
    const browser = aBrowser();
    await browser.signIn();
    expect((await browser.send("GET", "/runs", { "sec-fetch-site": "cross-site" })).status).toBe(200);
  });

  it("is no matter to a caller with a key of its own", async () => {
    const world = createWorld();
    for (const from of FOREIGN) {
      const answer = await world.call("POST", "/v1/correction-runs", {}, from);
      expect(answer.status, JSON.stringify(from)).toBe(202);
    }
  });

  it("cannot be forced on a browser by a sign-in from elsewhere", async () => {
    const browser = aBrowser();
    for (const from of FOREIGN) {
      const answer = await browser.send("POST", "/sign-in", from, new URLSearchParams({ key: KEY }));
      expect(answer.status, JSON.stringify(from)).toBe(403);
    }
    expect(browser.cookie()).toBe("");
  });
});
