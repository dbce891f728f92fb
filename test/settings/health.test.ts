import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createDb } from "../../src/db/client.ts";
import { JOBS } from "../../src/job-table.ts";
import { askFor } from "../../src/jobs/ask-for.ts";
import { keepDeadLetter } from "../../src/jobs/dead-letters.ts";
import { sweepJobs } from "../../src/jobs/sweep-jobs.ts";
import { MINUTE, SECOND, toRfc3339 } from "../../src/lib/time.ts";
import { ModelError } from "../../src/llm/model.ts";
import { readHealth } from "../../src/settings/read-health.ts";
import { aKey, watchedDb } from "../access/a-key.ts";
import { explained } from "../db/explained.ts";
import { modelThat } from "../support/model.ts";
import { aFailure, createWorld, type World } from "../support/world.ts";

const LANE = {
  ...{ callsPerMinute: 120, tokensPerMinute: null, source: "learned" as const },
  ...{ pausedUntil: null, pausedFor: null, inFlight: 2, waiting: 3 },
};

/** One whose lanes can be read and whose sweep has run. */
async function aHealthyWorld(given: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = createWorld(given);
  world.services.readLane = async () => LANE;
  await world.sweep();
  return world;
}

const health = (world: World) => world.json("GET", "/v1/health");

describe("health", () => {
  it("is ok where everything runs, and says how in numbers", async () => {
    const world = await aHealthyWorld();
    const found = await health(world);
    expect(found).toMatchObject({
      status: "ok",
      problems: [],
      database: { answers: true, bytes: expect.any(Number) },
      corrections: { waiting: null },
      queues: { oldest_due_job: null, dead_letters: 0 },
      router: { version: null, trained_at: null },
      sweep: { at: toRfc3339(world.now), failed: [] },
    });
    expect(found.database.bytes).toBeGreaterThan(10_000);
    const lane = { calls_per_minute: 120, in_flight: 2, waiting: 3, source: "learned", paused_until: null };
    expect(found.pace).toMatchObject([
      { model: "test-rewriter", ...lane },
      { model: "test-judge", ...lane },
    ]);
    const page = await (await world.call("GET", "/settings")).text();
    expect(page).toContain("Everything runs.");
  });

  it("notices a sweep that stopped, and one that failed in part", async () => {
    const never = createWorld();
    never.services.readLane = async () => LANE;
    await env.DB.prepare("delete from last_sweep").run();
    expect((await health(never)).problems).toEqual([expect.stringContaining("sweep has not run yet")]);
    const world = await aHealthyWorld();
    world.now += 4 * MINUTE;
    expect((await health(world)).status).toBe("ok");
    world.now += 2 * MINUTE;
    expect((await health(world)).problems).toEqual([expect.stringMatching(/^The sweep last ran at /)]);
    const sweep = async () => {
      throw new Error("broken");
    };
    await sweepJobs(world.services, { ...JOBS, export: { ...JOBS.export, sweep } });
    const { problems, sweep: last } = await health(world);
    expect(last).toEqual({ at: toRfc3339(world.now), failed: ["export"] });
    expect(problems).toEqual([expect.stringContaining("failed in part: export")]);
    await world.sweep();
    expect((await health(world)).status).toBe("ok");
  });

  it("notices a job that nobody takes, and messages that could not be delivered", async () => {
    const world = await aHealthyWorld();
    const due = world.now;
    await askFor(world.services.db, "controls", "one", due);
    expect(await health(world)).toMatchObject({
      status: "ok",
      queues: { oldest_due_job: { kind: "controls", due_at: toRfc3339(due) } },
    });
    world.now += 6 * MINUTE;
    await world.sweep();
    expect((await health(world)).problems).toEqual([expect.stringMatching(/A job \(controls\) .* nobody takes it/)]);
    await env.DB.prepare("delete from jobs").run();
    await keepDeadLetter(world.services, "jobs", { job: "odd" }, "Unrecognised message.");
    const { queues, problems } = await health(world);
    expect(queues).toEqual({ oldest_due_job: null, dead_letters: 1 });
    expect(problems).toHaveLength(1);
    await env.DB.prepare("delete from dead_letters").run();
  });

  it("notices a model's server that refuses the key, and names no text", async () => {
    const model = modelThat(() => {
      throw new ModelError("stop", "bad_key", "The model's server refuses the key.");
    });
    const world = await aHealthyWorld({ model });
    await world.correctAll(aFailure({ original_prompt: "A text of a customer's" }));
    const answer = await world.call("GET", "/v1/health");
    const text = await answer.text();
    const { corrections, problems } = JSON.parse(text);
    expect(corrections.waiting.reason).not.toBe("");
    expect(problems).toEqual([`Corrections are paused. ${corrections.waiting.reason}`]);
    expect(text).not.toContain("customer");
    await env.DB.prepare("delete from correction_gate").run();
  });

  it("counts a budget that is used up as no problem: work resumes at midnight", async () => {
    const world = await aHealthyWorld({ vars: { DAILY_TOKEN_BUDGET: "10" } });
    const day = toRfc3339(world.now).slice(0, 10);
    await env.DB.prepare("insert or replace into daily_usage values (?, 1, 20, 0, 0)").bind(day).run();
    expect(await health(world)).toMatchObject({ status: "ok", corrections: { waiting: { code: "daily_budget" } } });
    await env.DB.prepare("delete from daily_usage").run();
  });

  it("notices a pace that cannot be read", async () => {
    const world = await aHealthyWorld();
    world.services.readLane = async (model) => (model === "test-judge" ? null : LANE);
    const { pace, problems } = await health(world);
    expect(pace).toHaveLength(1);
    expect(problems).toEqual(["The pace of test-judge cannot be read."]);
  });

  it("is told without a database too, whether it fails or is silent", async () => {
    const { db: failing, state } = watchedDb();
    state.down = true;
    const silent = { prepare: (sql: string) => env.DB.prepare(sql), batch: () => new Promise(() => undefined) };
    for (const db of [failing, createDb(silent as unknown as D1Database)]) {
      const world = await aHealthyWorld();
      world.services.db = db;
      const began = performance.now();
      const found = await health(world);
      expect(found).toMatchObject({ status: "attention", database: { answers: false, bytes: null } });
      expect(found.problems).toEqual(["The database does not answer."]);
      expect(Object.keys(found)).not.toContain("queues");
      expect(performance.now() - began).toBeLessThan(10 * SECOND);
    }
  });

  it("is shown to every key, but not without one", async () => {
    const world = await aHealthyWorld();
    const { headers } = await aKey(world, ["ingest"]);
    expect((await world.call("GET", "/v1/health", undefined, headers)).status).toBe(200);
    expect((await world.call("GET", "/v1/health", undefined, { authorization: "" })).status).toBe(401);
  });

  it("reads by indexes", async () => {
    const world = createWorld();
    const { db, plans } = explained();
    await readHealth({ ...world.services, db, readLane: async () => LANE });
    const read = (await plans()).flatMap(({ plan }) => plan);
    expect(read).toContainEqual(expect.stringMatching(/SEARCH jobs USING INDEX jobs_due/));
    expect(read).toContainEqual(expect.stringMatching(/SEARCH dead_letters USING COVERING INDEX dead_letters_open/));
    expect(read.filter((step) => step.includes("SCAN") && !/last_sweep|CONSTANT/.test(step))).toEqual([]);
  });
});
