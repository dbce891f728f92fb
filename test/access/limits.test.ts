import { createExecutionContext, env } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { SCOPES } from "../../src/db/schema/keys.ts";
import { problemSchema } from "../../src/http/problem.ts";
import { countersOf, LIMITS } from "../../src/limits.ts";
import { withPromptLane } from "../../src/prompts/prompt-lane.ts";
import { aFailure, createWorld, KEY, type World } from "../support/world.ts";
import { aKey, watchedDb } from "./a-key.ts";
import { aWorld, CALLS, MANY, NAMES, PROMPT, someCounters, statuses } from "./a-limited-world.ts";

afterEach(() => vi.restoreAllMocks());

describe("each limit", () => {
  it.each(NAMES)("refuses what is over `%s`, names it, and says when to come again", async (name) => {
    const { world, headers } = await aWorld(MANY, { [name]: 2 });
    const { requests, seconds } = LIMITS[name];
    for (let i = 0; i < 2; i++) {
      const answer = await CALLS[name](world, headers);
      expect(answer.status).not.toBe(429);
      expect(answer.headers.get("ratelimit-policy")).toBe(`"${name}";q=${requests};w=${seconds}`);
      // What is left is not known.
      expect(answer.headers.has("ratelimit")).toBe(false);
    }
    const refused = await CALLS[name](world, headers);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe(String(seconds));
    expect(refused.headers.get("ratelimit")).toBe(`"${name}";r=0`);
    expect(refused.headers.get("ratelimit-policy")).toBe(`"${name}";q=${requests};w=${seconds}`);
    const body = (await refused.json()) as { detail: string; error: { message: string } };
    if (name === "chats") {
      expect(body).toEqual({
        error: { message: expect.any(String), type: "requests", param: null, code: "rate_limit_exceeded" },
      });
    } else {
      expect(refused.headers.get("content-type")).toBe("application/problem+json");
      expect(problemSchema.parse(body)).toMatchObject({ status: 429, title: "Too many requests" });
    }
    expect(body.detail ?? body.error.message).toContain(
      `the limit \`${name}\`: ${requests} requests in ${seconds} seconds for each ${LIMITS[name].each}`,
    );
  });

  it.each(NAMES)("leaves the others alone when `%s` is used up", async (name) => {
    const { world, headers } = await aWorld(MANY);
    // From here on the key is known.
    await CALLS.reads(world, headers);
    world.services.counters = someCounters(MANY, { [name]: 0 });
    for (const other of NAMES) {
      const { status } = await CALLS[other](world, headers);
      if (other === name) expect(status).toBe(429);
      else expect(status, other).not.toBe(429);
    }
  });

  it("is held to for each key: one key's flood leaves another's calls alone", async () => {
    const { world, headers } = await aWorld(3);
    const other = await aKey({ ...world, json: createWorld().json }, [...SCOPES]);
    for (const name of ["prompts", "ingest", "reads", "work"] as const) {
      expect((await statuses(9, () => CALLS[name](world, headers))).slice(3), name).toEqual(Array(6).fill(429));
      expect((await CALLS[name](world, other.headers)).status, name).not.toBe(429);
      // ADMIN_KEY is one of them.
      expect((await CALLS[name](world, {})).status, name).not.toBe(429);
    }
  });

  it("counts what is refused for its scope as well", async () => {
    const { world, headers } = await aWorld(2, {}, ["prompts"]);
    expect(await statuses(4, () => CALLS.reads(world, headers))).toEqual([403, 403, 429, 429]);
  });

  it("counts an import once, however many lines it has", async () => {
    const { world, headers, id, counters } = await aWorld(MANY);
    const lines = Array.from({ length: 30 }, () => JSON.stringify(aFailure())).join("\n");
    const type = { "content-type": "application/x-ndjson" };
    const answer = await world.call("POST", "/v1/failures", lines, { ...headers, ...type });
    expect(await answer.json()).toMatchObject({ recorded: 30 });
    expect([...counters.ingest.counted]).toEqual([[id, 1]]);
  });

  it("takes HEAD for the GET that it is", async () => {
    const { world, headers } = await aWorld(2);
    const head = () => world.call("HEAD", "/v1/failure-categories", undefined, headers);
    expect(await statuses(3, head)).toEqual([200, 200, 429]);
    expect((await head()).headers.get("ratelimit")).toBe('"reads";r=0');
    expect((await CALLS.reads(world, headers)).status).toBe(429);
  });

  it("shows a browser a page", async () => {
    const { world, headers } = await aWorld(0);
    const answer = await world.call("GET", "/runs", undefined, { ...headers, accept: "text/html" });
    expect(answer.status).toBe(429);
    expect(answer.headers.get("content-type")).toContain("text/html");
    expect(answer.headers.get("retry-after")).toBe("10");
    expect(await answer.text()).toContain("the limit `reads`");
  });

  it("counts the pages of a signed-in browser for the key it came with", async () => {
    const { world, counters } = await aWorld(MANY);
    const app = createApp(() => world.services);
    const own = { origin: "https://redraft.test" };
    const form = { method: "POST", headers: own, body: new URLSearchParams({ key: KEY }) };
    const signedIn = await app.request(`${own.origin}/sign-in`, form, env);
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await app.request(`${own.origin}/runs`, { headers: { cookie } }, env)).status).toBe(200);
    expect([...counters.reads.counted]).toEqual([["admin_key", 1]]);
  });
});

describe("the prompt lane", () => {
  function lanes(world: World) {
    const app = createApp(() => world.services);
    const lane = withPromptLane(app as never, () => world.services);
    return async (headers: Record<string, string>) => {
      const body = JSON.stringify(PROMPT);
      const given = { "content-type": "application/json", "content-length": String(body.length), ...headers };
      const request = new Request("https://redraft.test/v1/prompts", { method: "POST", headers: given, body });
      return lane(request, env, createExecutionContext());
    };
  }

  it("counts each prompt once, and refuses as the route does", async () => {
    const { world, headers, id, counters } = await aWorld(3);
    const prompt = lanes(world);
    for (const used of [1, 2, 3]) {
      const answer = await prompt(headers);
      expect([answer.status, answer.headers.get("ratelimit-policy")]).toEqual([200, '"prompts";q=3000;w=10']);
      expect([...counters.prompts.counted]).toEqual([[id, used]]);
    }
    const refused = await prompt(headers);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("10");
    expect(refused.headers.get("ratelimit")).toBe('"prompts";r=0');
    expect(await refused.json()).toMatchObject({ status: 429, detail: expect.stringContaining("`prompts`") });
    expect((await CALLS.reads(world, headers)).status).toBe(200);
  });

  it("looks no key up past the address's limit", async () => {
    const { world, headers } = await aWorld(MANY, { unknown_keys: 0 });
    const { db, seen } = watchedDb();
    world.services.db = db;
    expect((await lanes(world)(headers)).status).toBe(429);
    expect(seen).toEqual([]);
  });

  it("says nothing of a limit that is not held to", async () => {
    const world = createWorld();
    const answer = await lanes(world)({ authorization: `Bearer ${KEY}` });
    expect([answer.status, answer.headers.has("ratelimit-policy")]).toEqual([200, false]);
  });
});

describe("a limit whose counter", () => {
  it("was taken out limits nobody, is in no header, and is named in the log once", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const world = createWorld();
    world.services.counters = countersOf({ ...env, LIMIT_READS: undefined, LIMIT_WORK: "off" } as never);
    for (let i = 0; i < 5; i++) {
      const answer = await CALLS.reads(world, {});
      expect([answer.status, answer.headers.has("ratelimit-policy")]).toEqual([200, false]);
    }
    expect((await CALLS.ingest(world, {})).headers.get("ratelimit-policy")).toContain('"ingest"');
    const logged = warn.mock.calls.map(([line]) => JSON.parse(line as string));
    expect(logged).toEqual([{ level: "warn", event: "without_limits", code: ["reads", "work"] }]);
  });

  it("fails limits nobody, and says so", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { world, headers, counters } = await aWorld(MANY);
    vi.spyOn(counters.reads, "limit").mockRejectedValue(new Error("no counter"));
    expect((await CALLS.reads(world, headers)).status).toBe(200);
    expect(warn.mock.calls.join()).toContain("limit_not_counted");
  });

  it("is Cloudflare's refuses after as many as wrangler.toml says", async () => {
    const world = createWorld();
    world.services.counters = countersOf(env);
    // Its windows begin on the minute: in two of them, one after the other, no more than this get through.
    const seen = await statuses(2 * LIMITS.work.requests + 1, () => CALLS.work(world, {}));
    expect(seen.slice(0, LIMITS.work.requests)).toEqual(Array(LIMITS.work.requests).fill(400));
    expect(seen).toContain(429);
    expect((await CALLS.changes(world, {})).status).not.toBe(429);
  });
});
