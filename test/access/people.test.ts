import { env } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { listPeople } from "../../src/access/queries.ts";
import { readRoleRules, roleOf } from "../../src/lib/access-roles.ts";
import { HOUR, SECOND } from "../../src/lib/time.ts";
import { explained } from "../db/explained.ts";
import { aFailure, KEY, type World } from "../support/world.ts";
import { aKey, watchedDb } from "./a-key.ts";
import { noKey, someCounters } from "./a-limited-world.ts";
import { aSigner, aWorldBehindAccess, claimsOf, type Signer, withToken } from "./a-team.ts";

const ROLES = "ada@example.com=admin, rex@example.com=reviewer, group:Support leads=reviewer, *=viewer";

let ours: Signer;

beforeAll(async () => {
  ours = await aSigner("ours");
});

beforeEach(() => env.DB.prepare("delete from people").run());

/** A world behind Access, and what people in it see. */
function aTeam(roles = ROLES) {
  const { world } = aWorldBehindAccess([ours], { ACCESS_ROLES: roles });
  const as = async (email: string, more: object = {}) =>
    withToken(world, await ours.sign(claimsOf(world, email, more)));
  return { world, as };
}

const status = async (answer: Promise<Response>) => (await answer).status;

async function rowOf(email: string) {
  return env.DB.prepare("select * from people where email = ?").bind(email).first<Record<string, unknown>>();
}

describe("roles", () => {
  const rules = readRoleRules(`
    Ada@Example.com=admin, @example.com = reviewer
    group:Support leads=reviewer,group:7f-1, eq=ual=admin`);

  it("are read as they are written, or not at all", () => {
    expect(rules).toBeNull();
    expect(readRoleRules("ada@example.com=owner")).toBeNull();
    expect(readRoleRules("ada=admin")).toBeNull();
    expect(readRoleRules("group:=admin")).toBeNull();
    expect(readRoleRules("")).toEqual([]);
    expect(readRoleRules("group:a=b=admin, Ada@Example.com = viewer,\n*=viewer,")).toEqual([
      { who: "group:a=b", role: "admin" },
      { who: "ada@example.com", role: "viewer" },
      { who: "*", role: "viewer" },
    ]);
  });

  it("come from address, domain and groups, the highest counts, and a group is no address", () => {
    const given = readRoleRules("ada@example.com=viewer, @example.org=reviewer, group:leads=admin") ?? [];
    const role = (email: string, ...groups: string[]) => roleOf(given, { email, groups });
    expect(role("ada@example.com")).toBe("viewer");
    expect(role("ada@example.com", "LEADS")).toBe("admin");
    expect(role("eve@example.com")).toBeNull();
    expect(role("bob@example.org")).toBe("reviewer");
    expect(role("bob@sub.example.org")).toBeNull();
    expect(role("bob@example.org.evil.example")).toBeNull();
    expect(role("eve@example.com", "ada@example.com", "@example.org", "*")).toBeNull();
    expect(role("x@example.org@evil.example")).toBeNull();
  });
});

describe("a person whom Access lets in", () => {
  it("is guessed at no more often than a key: tokens that do not hold count for their address", async () => {
    const { world } = aTeam();
    world.services.counters = someCounters(2);
    const token = await (await aSigner("another")).sign(claimsOf(world, "ada@example.com"));
    const guess = () =>
      status(world.call("GET", "/v1/failures", undefined, { ...noKey, "cf-access-jwt-assertion": token }));
    expect([await guess(), await guess(), await guess()]).toEqual([401, 401, 429]);
  });

  it("may do what their role may, and no more", async () => {
    const { world, as } = aTeam();
    const [ada, rex, vera] = [await as("Ada@example.com"), await as("rex@example.com"), await as("vera@example.com")];
    const each = async (method: string, path: string, body?: object) => [
      ...[await status(vera(method, path, body)), await status(rex(method, path, body))],
      await status(ada(method, path, body)),
    ];
    expect(await each("GET", "/v1/improvements")).toEqual([200, 200, 200]);
    expect(await each("GET", "/review")).toEqual([403, 200, 200]);
    expect(await each("POST", "/v1/correction-runs", {})).toEqual([403, 202, 202]);
    expect(await each("GET", "/exports")).toEqual([403, 403, 200]);
    expect(await each("GET", "/v1/people")).toEqual([403, 403, 200]);
    expect(await each("POST", "/v1/prompts", { customer_message: "Hi" })).toEqual([403, 403, 200]);
    const refused = (await (await vera("GET", "/v1/keys")).json()) as { detail: string };
    expect(refused.detail).toContain("which your role does not have");
    expect(readRoleRules(world.services.config.ACCESS_ROLES)).toHaveLength(4);
  });

  it("has the role of a group that their provider put into the token", async () => {
    const { as } = aTeam();
    for (const more of [{ groups: ["support leads"] }, { custom: { groups: ["x", "Support leads"] } }])
      expect(await status((await as("gina@example.com", more))("GET", "/review"))).toBe(200);
    for (const more of [{ groups: "Support leads" }, { custom: "Support leads" }, { groups: [{}] }])
      expect(await status((await as("gina@example.com", more))("GET", "/review"))).toBe(403);
  });

  it("and whom no rule names has no way in, but for a key", async () => {
    const { world, as } = aTeam("ada@example.com=admin");
    const eve = await as("eve@example.com");
    expect(await status(eve("GET", "/v1/improvements"))).toBe(401);
    expect(await status(eve("GET", "/", undefined, { accept: "text/html" }))).toBe(302);
    expect(await rowOf("eve@example.com")).toBeNull();
    const { headers } = await aKey(world, ["read"]);
    expect(await status(eve("GET", "/v1/improvements", undefined, headers))).toBe(200);
  });

  it("is recorded by address where they decide, and cannot say to be another", async () => {
    const { world, as } = aTeam();
    await world.correctAll(aFailure());
    const rex = await as("REX@example.com");
    const { data } = (await (await rex("GET", "/v1/improvements?sort=newest")).json()) as {
      data: { id: string; version: number }[];
    };
    const [row] = data;
    const review = { decision: "approve", version: row?.version };
    expect(await status(rex("POST", `/v1/improvements/${row?.id}/review`, { ...review, reviewer: "Ada" }))).toBe(400);
    expect(await status(rex("POST", `/v1/improvements/${row?.id}/review`, review))).toBe(200);
    const decided = await env.DB.prepare("select decided_by from reviews where improvement_id = ?").bind(row?.id).all();
    expect(decided.results).toEqual([{ decided_by: "rex@example.com" }]);
    const made = await (await as("ada@example.com"))("POST", "/v1/keys", { name: "Bot", scopes: ["prompts"] });
    expect(await made.json()).toMatchObject({ created_by: "ada@example.com" });
  });

  it("comes before a session of the same browser: who did it is who Access says", async () => {
    const { world, as } = aTeam();
    const form = { "content-type": "application/x-www-form-urlencoded", origin: "http://localhost" };
    const signedIn = await world.call("POST", "/sign-in", `key=${KEY}`, { ...form, authorization: "" });
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    const vera = await as("vera@example.com");
    expect(await status(vera("GET", "/v1/keys", undefined, { cookie }))).toBe(403);
    expect(await status(world.call("GET", "/v1/keys", undefined, { authorization: "", cookie }))).toBe(200);
  });

  it("changes nothing on behalf of another site, though Access's cookie comes along", async () => {
    const { as } = aTeam();
    const ada = await as("ada@example.com");
    const foreign: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      { "sec-fetch-site": "same-site", origin: "https://other.example" },
      { "sec-fetch-site": "cross-site", origin: "null" },
    ];
    for (const from of foreign)
      for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"])
        expect(await status(ada("POST", "/v1/correction-runs", {}, { ...from, "content-type": type }))).toBe(403);
    expect(await status(ada("POST", "/v1/correction-runs", {}))).toBe(202);
  });

  it("stands in the list of people with role and times, written at most once an hour", async () => {
    const { world, as } = aTeam();
    const email = "lea@example.com";
    const began = world.now;
    const lea = await as(email);
    await lea("GET", "/v1/improvements");
    const { db, seen } = watchedDb();
    world.services.db = db;
    const written = () => seen.filter((sql) => /^(update|insert)/.test(sql)).length;
    for (let i = 0; i < 3; i++) await lea("GET", "/v1/improvements");
    expect(written()).toBe(0);
    world.now += HOUR;
    for (let i = 0; i < 3; i++) await (await as(email))("GET", "/v1/improvements");
    expect(written()).toBe(1);
    expect(await rowOf(email)).toMatchObject({ first_seen_at: began, last_seen_at: world.now, role: "viewer" });
    await (await as(email, { groups: ["Support leads"] }))("GET", "/v1/improvements");
    expect(await rowOf(email)).toMatchObject({ role: "reviewer" });
    const { data } = await world.json("GET", "/v1/people?limit=1");
    expect(data).toEqual([
      {
        ...{ id: expect.any(String), email, name: null, role: "reviewer" },
        first_seen_at: new Date(began).toISOString(),
        last_seen_at: new Date(world.now).toISOString(),
      },
    ]);
  });

  it("is one person, though they come for the first time twice at once", async () => {
    const { as } = aTeam();
    const max = await as("max@example.com");
    const both = await Promise.all([max("GET", "/v1/improvements"), max("GET", "/v1/improvements")]);
    expect(both.map((answer) => answer.status)).toEqual([200, 200]);
    const { results } = await env.DB.prepare("select id from people where email = 'max@example.com'").all();
    expect(results).toHaveLength(1);
  });

  it("is found by address, and listed by key", async () => {
    const { world, as } = aTeam();
    const { db, plans } = explained();
    world.services.db = db;
    await (await as("max@example.com"))("GET", "/openapi.json");
    await listPeople(db, { limit: 10 });
    const all = (await plans()).filter(({ sql }) => /from "people"/.test(sql));
    expect(all.length).toBeGreaterThan(1);
    for (const { sql, plan } of all) {
      expect(plan.join("; "), sql).toMatch(/USING (INDEX people_email_unique|INDEX sqlite_autoindex_people_1)/);
      expect(plan.join("; "), sql).not.toContain("TEMP B-TREE");
    }
  });
});

describe("signing out of everything", () => {
  it("ends what Access gave a person before, in every browser, and no other person's", async () => {
    const { world, as } = aTeam();
    const [here, there, other] = [
      await as("tom@example.com"),
      await as("tom@example.com"),
      await as("uma@example.com"),
    ];
    await other("GET", "/v1/improvements");
    world.now += SECOND;
    const out = await here("POST", "/sign-out/everywhere");
    expect([out.status, out.headers.get("location")]).toEqual([303, "/cdn-cgi/access/logout"]);
    for (const browser of [here, there]) {
      const answer = await browser("GET", "/v1/improvements");
      expect(answer.status).toBe(401);
      expect(await answer.text()).toContain("/cdn-cgi/access/logout");
    }
    expect(await status(other("GET", "/v1/improvements"))).toBe(200);
    world.now += SECOND;
    expect(await status((await as("tom@example.com"))("GET", "/v1/improvements"))).toBe(200);
  });

  it("by ADMIN_KEY ends people's too; by a key of less it does not", async () => {
    const { world, as } = aTeam();
    const ted = await as("ted@example.com");
    await ted("GET", "/v1/improvements");
    world.now += SECOND;
    await world.call("POST", "/sign-out/everywhere", undefined, (await aKey(world, ["review"])).headers);
    expect(await status(ted("GET", "/v1/improvements"))).toBe(200);
    await world.call("POST", "/sign-out/everywhere");
    expect(await status(ted("GET", "/v1/improvements"))).toBe(401);
    const secrets = await env.DB.prepare("select count(*) n, count(distinct link_secret) d from people").first();
    expect(secrets?.d).toBe(secrets?.n);
  });
});

describe("a link that a person signed", () => {
  async function aLink(world: World, as: (email: string) => Promise<ReturnType<typeof withToken>>) {
    await world.correctAll(aFailure(), aFailure());
    const { id } = await world.json("POST", "/v1/exports", { min_gain: -100 });
    await world.deliver();
    const ada = await as("ada@example.com");
    const made = await ada("POST", `/v1/exports/${id}/links`, {});
    const { links } = (await made.json()) as { links: Record<string, string> };
    return { ada, path: new URL(links["manifest.json"] ?? "").pathname };
  }
  const opens = async (world: World, path: string) => status(world.call("GET", path, undefined, { authorization: "" }));

  it("opens without Access, and ends when they sign out everywhere", async () => {
    const { world, as } = aTeam();
    const { ada, path } = await aLink(world, as);
    expect(await opens(world, path)).toBe(200);
    await ada("POST", "/sign-out/everywhere");
    expect(await opens(world, path)).toBe(401);
  });

  it("ends when they lose the role, and when roles or audience are set anew", async () => {
    const { world, as } = aTeam();
    world.now += 5 * SECOND;
    const { path } = await aLink(world, as);
    const { config } = world.services;
    for (const change of [
      { ACCESS_AUDIENCE: [] },
      { ACCESS_AUDIENCE: ["b".repeat(64)] },
      { ACCESS_ROLES: "bob@example.com=admin" },
    ]) {
      world.services.config = { ...config, ...change };
      expect(await opens(world, path), JSON.stringify(change)).toBe(401);
    }
    world.services.config = config;
    expect(await opens(world, path)).toBe(200);
    await env.DB.prepare("update people set role = 'viewer' where email = 'ada@example.com'").run();
    expect(await opens(world, path)).toBe(401);
  });
});
