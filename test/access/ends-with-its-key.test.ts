import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { Scope } from "../../src/db/schema/keys.ts";
import { toBase64Url } from "../../src/lib/base64url.ts";
import { hmacKey } from "../../src/lib/secrets.ts";
import { HOUR, MINUTE, SECOND, toRfc3339 } from "../../src/lib/time.ts";
import { aFailure, createWorld, KEY, type World } from "../support/world.ts";
import { aKey, reads } from "./a-key.ts";

const OWN = "https://redraft.test";

async function anExport(world: World): Promise<string> {
  await world.correctAll(aFailure(), aFailure());
  const { id } = await world.json("POST", "/v1/exports", { min_gain: -100 });
  await world.deliver();
  return id;
}

/** The address of a link to an export's manifest, made by this caller. */
async function aLink(world: World, id: string, headers: Record<string, string>): Promise<string> {
  const made = await world.call("POST", `/v1/exports/${id}/links`, { expires_in_s: 3_600 }, headers);
  expect(made.status, await made.clone().text()).toBe(200);
  const { links } = (await made.json()) as { links: Record<string, string> };
  return new URL(links["manifest.json"] ?? "").pathname;
}

async function opens(world: World, path: string, method = "GET"): Promise<number> {
  const answer = await world.call(method, path, undefined, { authorization: "" });
  await answer.arrayBuffer();
  return answer.status;
}

/** A browser, and what it signs in with. */
function aBrowser(world: World) {
  const app = createApp(() => world.services);
  let cookie = "";
  return {
    async signIn(key: string) {
      const init = { method: "POST", headers: { origin: OWN }, body: new URLSearchParams({ key }) };
      const answer = await app.request(`${OWN}/sign-in`, init, env);
      cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
      return answer.status;
    },
    async send(method: string, path: string, body?: object) {
      const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
      const headers = { cookie, origin: OWN, accept: "text/html", ...type };
      return app.request(`${OWN}${path}`, { method, headers, body: body && JSON.stringify(body) }, env);
    },
    /** Status of a page: 302 leads to the sign-in. */
    async sees(path: string) {
      return (await this.send("GET", path)).status;
    },
  };
}

describe("a signed link", () => {
  it("ends with the key that made it, in other isolates within a minute, and not with another", async () => {
    const world = createWorld();
    const id = await anExport(world);
    const [ours, other] = [await aKey(world, ["export"]), await aKey(world, ["export"])];
    const [link, others] = [await aLink(world, id, ours.headers), await aLink(world, id, other.headers)];
    const elsewhere = createWorld();
    elsewhere.now = world.now;
    for (const isolate of [world, elsewhere])
      for (const method of ["GET", "HEAD"]) expect(await opens(isolate, link, method)).toBe(200);
    await world.call("DELETE", `/v1/keys/${ours.id}`);
    expect([await opens(world, link), await opens(world, link, "HEAD")]).toEqual([401, 401]);
    elsewhere.now += MINUTE;
    expect([await opens(elsewhere, link), await opens(elsewhere, others)]).toEqual([401, 200]);
  });

  it("ends when the key that made it expires, before its own time", async () => {
    const world = createWorld();
    const id = await anExport(world);
    const key = await aKey(world, ["export"], { expires_at: toRfc3339(world.now + MINUTE) });
    const link = await aLink(world, id, key.headers);
    world.now += MINUTE - 1;
    expect(await opens(world, link)).toBe(200);
    world.now += 1;
    expect(await opens(world, link)).toBe(401);
  });

  it("cannot be given another maker, another file's export or more time", async () => {
    const world = createWorld();
    const id = await anExport(world);
    const [ours, other] = [await aKey(world, ["export"]), await aKey(world, ["export"])];
    const link = await aLink(world, id, ours.headers);
    const [, what = "", , expires = "", signature = ""] = /links\/([^.]+)\.([^.]+)\.([^.]+)\.([^/]+)/.exec(link) ?? [];
    const token = (parts: string[]) => `/v1/links/${parts.join(".")}/manifest.json`;
    expect(await opens(world, token([what, ours.id, expires, signature]))).toBe(200);
    for (const parts of [
      [what, other.id, expires, signature],
      [what, "admin", expires, signature],
      [what, "", expires, signature],
      [what, ours.id, `${expires}0`, signature],
      [btoa("latest").replaceAll("=", ""), ours.id, expires, signature],
      [what, ours.id, expires, ""],
      [what, ours.id, expires, signature, ""],
    ])
      expect(await opens(world, token(parts)), parts.join(".")).toBe(401);
  });

  it("hangs on the key by which a browser signed in, and outlives the session", async () => {
    const world = createWorld();
    const id = await anExport(world);
    const { id: keyId, key } = await aKey(world, ["export"]);
    const browser = aBrowser(world);
    await browser.signIn(key);
    const made = await browser.send("POST", `/v1/exports/${id}/links`, {});
    const { links } = (await made.json()) as { links: Record<string, string> };
    const link = new URL(links["manifest.json"] ?? "").pathname;
    await browser.send("POST", "/sign-out");
    expect(await opens(world, link)).toBe(200);
    await world.call("DELETE", `/v1/keys/${keyId}`);
    expect(await opens(world, link)).toBe(401);
  });
});

describe("a browser that signed in with a key", () => {
  it("may do what the key may, and is told which scope is missing", async () => {
    const world = createWorld();
    const browser = aBrowser(world);
    expect(await browser.signIn((await aKey(world, ["read"], { name: "Vera" })).key)).toBe(303);
    expect([await browser.sees("/"), await browser.sees("/clusters"), await browser.sees("/runs")]).toEqual([
      ...[200, 200, 200],
    ]);
    const refused = await browser.send("GET", "/exports");
    expect(refused.status).toBe(403);
    expect(refused.headers.get("content-type")).toContain("text/html");
    expect(await refused.text()).toContain("`export`");
    expect((await browser.send("POST", "/v1/keys", { name: "Mine", scopes: ["admin"] })).status).toBe(403);
  });

  it("is recorded by the key's name", async () => {
    const world = createWorld();
    const browser = aBrowser(world);
    await browser.signIn((await aKey(world, ["admin"], { name: "Ada's laptop" })).key);
    const made = await browser.send("POST", "/v1/keys", { name: "Bot", scopes: ["prompts"] });
    expect(await made.json()).toMatchObject({ created_by: "Ada's laptop" });
  });

  it("is out as soon as the key is revoked, in every isolate, and when it expires", async () => {
    const world = createWorld();
    const revoked = await aKey(world, ["read"]);
    const expiring = await aKey(world, ["read"], { expires_at: toRfc3339(world.now + HOUR) });
    const [one, two] = [aBrowser(createWorld()), aBrowser(world)];
    expect([await one.signIn(revoked.key), await two.signIn(expiring.key)]).toEqual([303, 303]);
    await world.call("DELETE", `/v1/keys/${revoked.id}`);
    expect([await one.sees("/"), await two.sees("/")]).toEqual([302, 200]);
    world.now += HOUR;
    expect(await two.sees("/")).toBe(302);
    expect(await two.signIn(expiring.key)).toBe(401);
  });

  it("signs out the browsers of its own key alone; an admin signs out all", async () => {
    const world = createWorld();
    const [mine, yours] = [await aKey(world, ["read"]), await aKey(world, ["read"])];
    const [one, two, three] = [aBrowser(world), aBrowser(world), aBrowser(world)];
    for (const [browser, { key }] of [
      [one, mine],
      [two, mine],
      [three, yours],
    ] as const)
      await browser.signIn(key);
    await one.send("POST", "/sign-out/everywhere");
    expect([await one.sees("/"), await two.sees("/"), await three.sees("/")]).toEqual([302, 302, 200]);
    const admin = aBrowser(world);
    await admin.signIn(KEY);
    await admin.send("POST", "/sign-out/everywhere");
    expect(await three.sees("/")).toBe(302);
  });
});

describe("ADMIN_KEY, switched off", () => {
  const off = (world: World) => {
    world.services.config = { ...world.services.config, ADMIN_KEY_OFF: true };
  };
  const noKeys = () => env.DB.batch([env.DB.prepare("delete from sessions"), env.DB.prepare("delete from keys")]);
  const only = (scopes: Scope[], more = {}) => aKey(createWorld(), scopes, more);

  it("opens nothing any more, nor do its sessions and links, while another admin's key does", async () => {
    await noKeys();
    const world = createWorld();
    const id = await anExport(world);
    const link = await aLink(world, id, { authorization: `Bearer ${KEY}` });
    const browser = aBrowser(world);
    await browser.signIn(KEY);
    const admin = await only(["admin"]);
    off(world);
    const key = { authorization: `Bearer ${KEY}` };
    expect(await reads(world, key)).toBe(401);
    expect(await browser.sees("/")).toBe(302);
    expect(await aBrowser(world).signIn(KEY)).toBe(401);
    expect(await opens(world, link)).toBe(401);
    expect(await reads(world, admin.headers)).toBe(200);
    expect((await world.call("GET", "/v1/keys", undefined, admin.headers)).status).toBe(200);
  });

  it("opens as before while no key of an admin's does: nobody is locked out", async () => {
    await noKeys();
    const world = createWorld();
    off(world);
    const key = { authorization: `Bearer ${KEY}` };
    expect(await reads(world, key)).toBe(200);
    await only(["ingest", "prompts", "read", "review", "export"], { name: "not an admin" });
    expect(await reads(world, key)).toBe(200);
    const short = await only(["read", "admin"], { expires_at: toRfc3339(Date.now() + 10 * SECOND + MINUTE) });
    const long = await only(["admin"]);
    expect(await reads(world, key)).toBe(401);
    await world.call("DELETE", `/v1/keys/${long.id}`, undefined, short.headers);
    expect(await reads(world, key)).toBe(401);
    world.now += 2 * MINUTE;
    expect(await reads(world, short.headers)).toBe(401);
    expect(await reads(world, key)).toBe(200);
  });

  it("makes no link in the name of another's key: who has it alone cannot sign", async () => {
    await noKeys();
    const world = createWorld();
    const id = await anExport(world);
    const admin = await only(["admin"]);
    // All that can be signed with ADMIN_KEY alone; it is signed rightly, as the first one shows.
    const forged = async (maker: string) => {
      const purpose = await sign(new TextEncoder().encode(KEY), "redraft: signed links, 2 ");
      const claim = `${btoa(id).replaceAll("=", "")}.${maker}.${(world.now + MINUTE).toString(36)}`;
      return `/v1/links/${claim}.${toBase64Url(await sign(purpose, claim))}/manifest.json`;
    };
    expect(await opens(world, await forged("admin"))).toBe(200);
    off(world);
    expect(await opens(world, await forged("admin"))).toBe(401);
    expect(await opens(world, await forged(admin.id))).toBe(401);
  });
});

async function sign(key: Uint8Array, text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", await hmacKey(key), new TextEncoder().encode(text)));
}
