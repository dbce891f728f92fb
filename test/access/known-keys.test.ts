import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { Scope } from "../../src/db/schema/keys.ts";
import { HOUR, MINUTE, SECOND } from "../../src/lib/time.ts";
import { withPromptLane } from "../../src/prompts/prompt-lane.ts";
import { createWorld } from "../support/world.ts";
import { aKey, reads, watchedDb } from "./a-key.ts";

const SOON_MS = 50;
const BODY = JSON.stringify({ customer_message: "Where is my refund?" });

/** An isolate whose reads of keys are noted, and the prompt lane on it. */
function anIsolate() {
  const world = createWorld();
  const { db, seen, state } = watchedDb();
  world.services.db = db;
  const app = createApp(() => world.services);
  const lane = withPromptLane(app as never, () => world.services);
  return {
    world,
    state,
    keyReads: () => seen.filter((sql) => sql.includes('from "keys"')).length,
    // Prompts are counted behind the answer, many at once.
    statements: () => seen.filter((sql) => !sql.includes('"prompt_counts"')).length,
    async prompt(headers: Record<string, string>, type = "application/json") {
      const ctx = createExecutionContext();
      const length = { "content-type": type, "content-length": String(BODY.length) };
      const init = { method: "POST", headers: { ...length, ...headers }, body: BODY };
      const answer = await lane(new Request("https://redraft.test/v1/prompts", init), env, ctx);
      await answer.arrayBuffer();
      // The counter waits for more prompts to write; what has to do with keys is soon done.
      if (!state.silent)
        await Promise.race([waitOnExecutionContext(ctx), new Promise((resolve) => setTimeout(resolve, SOON_MS))]);
      return answer.status;
    },
  };
}

async function aBot(scopes: Scope[] = ["prompts"]) {
  const maker = createWorld();
  const key = await aKey(maker, scopes);
  const revoke = () => maker.call("DELETE", `/v1/keys/${key.id}`);
  return { ...key, revoke };
}

describe("an isolate that knows a key", () => {
  it("reads nothing for a prompt when it is warm", async () => {
    const bot = await aBot();
    const isolate = anIsolate();
    expect(await isolate.prompt(bot.headers)).toBe(200);
    const [before, reads] = [isolate.statements(), isolate.keyReads()];
    expect(reads).toBe(1);
    for (let i = 0; i < 20; i++) expect(await isolate.prompt(bot.headers)).toBe(200);
    expect(isolate.statements()).toBe(before);
  });

  it("lets a revoked key in for less than a minute more, though prompts never wait for the look", async () => {
    for (const wait of [29 * SECOND, 31 * SECOND, 59 * SECOND, 60 * SECOND, 10 * MINUTE, 2 * HOUR]) {
      const bot = await aBot(["prompts", "read"]);
      const isolate = anIsolate();
      const began = isolate.world.now;
      expect(await isolate.prompt(bot.headers)).toBe(200);
      await bot.revoke();
      isolate.world.now = began + wait;
      expect(await isolate.prompt(bot.headers), `${wait} ms later`).toBe(wait < MINUTE ? 200 : 401);
      // From half a minute on, the call before had it read again.
      if (wait > 30 * SECOND) expect(await isolate.prompt(bot.headers)).toBe(401);
      isolate.world.now = began + wait + MINUTE;
      expect(await isolate.prompt(bot.headers)).toBe(401);
      expect(await reads(isolate.world, bot.headers)).toBe(401);
    }
  });

  it("refuses a revoked key within a minute however often it is asked meanwhile", async () => {
    const bot = await aBot();
    const isolate = anIsolate();
    const began = isolate.world.now;
    await isolate.prompt(bot.headers);
    await bot.revoke();
    const statuses: number[] = [];
    for (let s = 0; s <= 60; s++) {
      isolate.world.now = began + s * SECOND;
      statuses.push(await isolate.prompt(bot.headers));
    }
    expect(statuses.at(-1)).toBe(401);
    expect(statuses.lastIndexOf(200)).toBeLessThan(60);
    expect(statuses.slice(statuses.indexOf(401))).not.toContain(200);
  });

  it("lets a new key in at once, though it was asked for before it existed", async () => {
    const isolate = anIsolate();
    const bot = await aBot();
    const { results } = await env.DB.prepare("select * from keys where id = ?").bind(bot.id).all();
    const [row] = results;
    await env.DB.prepare("delete from keys where id = ?").bind(bot.id).run();
    expect(await isolate.prompt(bot.headers)).toBe(401);
    const names = Object.keys(row ?? {});
    await env.DB.prepare(`insert into keys (${names}) values (${names.map(() => "?")})`)
      .bind(...Object.values(row ?? {}))
      .run();
    expect(await isolate.prompt(bot.headers)).toBe(200);
  });

  it("reads nothing for what does not look like a key", async () => {
    const isolate = anIsolate();
    for (const key of ["x", "rd_", `rd_${"a".repeat(36)}_${"b".repeat(43)}`, "rd_1_2", "é".repeat(80)])
      expect(await isolate.prompt({ authorization: `Bearer ${encodeURIComponent(key)}` })).toBe(401);
    expect(isolate.keyReads()).toBe(0);
  });
});

describe("while D1 cannot be read", () => {
  it("a bot whose key is known gets its prompts for an hour more, and nothing else", async () => {
    const bot = await aBot(["prompts", "read"]);
    const isolate = anIsolate();
    expect(await isolate.prompt(bot.headers)).toBe(200);
    isolate.state.down = true;
    const began = isolate.world.now;
    for (const later of [MINUTE, 2 * MINUTE, HOUR - 1]) {
      isolate.world.now = began + later;
      expect(await isolate.prompt(bot.headers), `${later} ms later`).toBe(200);
      expect(await isolate.prompt(bot.headers)).toBe(200);
      expect(await reads(isolate.world, bot.headers)).toBe(503);
    }
    isolate.world.now = began + HOUR;
    expect(await isolate.prompt(bot.headers)).toBe(503);
  });

  it("a bot waits half a second for it at most, and not each time", async () => {
    const bot = await aBot();
    const isolate = anIsolate();
    await isolate.prompt(bot.headers);
    isolate.state.silent = true;
    isolate.world.now += MINUTE;
    const began = performance.now();
    for (let i = 0; i < 10; i++) expect(await isolate.prompt(bot.headers)).toBe(200);
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(400);
    expect(took).toBeLessThan(3_000);
  });

  it("a key is refused within a minute once D1 can be read again", async () => {
    const bot = await aBot();
    const isolate = anIsolate();
    await isolate.prompt(bot.headers);
    isolate.state.down = true;
    await bot.revoke();
    isolate.world.now += 5 * MINUTE;
    expect(await isolate.prompt(bot.headers)).toBe(200);
    isolate.state.down = false;
    isolate.world.now += 5 * SECOND;
    expect(await isolate.prompt(bot.headers)).toBe(401);
  });

  it("nobody is let in whose key is not known, and it is called a fault of ours, not of the key", async () => {
    const bot = await aBot();
    const isolate = anIsolate();
    isolate.state.down = true;
    expect(await isolate.prompt(bot.headers)).toBe(503);
  });
});

describe("the prompt lane", () => {
  it("opens to the scope of prompts and to admins, as the route does", async () => {
    for (const scope of ["ingest", "prompts", "read", "review", "export", "admin"] as const) {
      const bot = await aBot([scope]);
      const isolate = anIsolate();
      const expected = scope === "prompts" || scope === "admin" ? 200 : 403;
      expect(await isolate.prompt(bot.headers), scope).toBe(expected);
      // Goes the long way.
      expect(await isolate.prompt(bot.headers, "application/json; charset=utf-8"), scope).toBe(expected);
    }
  });
});
