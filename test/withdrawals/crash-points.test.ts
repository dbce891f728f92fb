import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import type { Held } from "../../src/jobs/job.ts";
import type { Services } from "../../src/services.ts";
import { runWithdrawal } from "../../src/withdrawals/run-withdrawal.ts";
import { insertImprovements } from "../exports/rows.ts";
import { Crasher, type CrashPlan } from "../support/crashing.ts";
import { runJob, type World } from "../support/world.ts";
import { aWorld, badBatch, clearAll, correct, goodBatch, importBatch, learn, learned, newExport } from "./poison.ts";

beforeEach(clearAll);

/** All that a withdrawal changes. */
async function state() {
  const read = async (query: string) => (await env.DB.prepare(query).all()).results;
  return {
    failures: await read("select id, status, due_at, cluster_id, failure_category from failed_replies order by id"),
    improvements: await read("select seq, is_current, cluster_id from ai_reply_improvements order by seq"),
    lessons: await read("select id, retired_at is null as current from lessons order by id"),
    outcomes: await read("select prompt_id, arm, failed from outcomes order by 1"),
    exports: await read("select id, stale_at is null as open from exports order by id"),
  };
}

async function finish(world: World, id: string): Promise<void> {
  world.now += 20 * 60_000;
  for (let run = 0; run < 5; run++) await runJob(world.services, "withdrawal", id);
}

/** Withdraws and undoes, each time failing as planned. @returns what was left of both, and how many operations each had */
async function thereAndBack(world: World, importId: string, plan: CrashPlan | null) {
  const crashed = async (id: string) => {
    const crasher = new Crasher(plan);
    await runJob(crasher.wrap(world.services), "withdrawal", id).catch(() => undefined);
    await finish(world, id);
    return crasher.count;
  };
  const { id } = await world.json("POST", "/v1/withdrawals", { import_id: importId, mode: "withdraw", reason: "Bad." });
  world.jobs.take();
  const operations = [await crashed(id)];
  const withdrawal = await world.json("GET", `/v1/withdrawals/${id}`);
  const { status, withdrawn, lessons_retired, exports: held } = withdrawal;
  const gone = { status, withdrawn, lessons_retired, held, ...(await state()) };
  await world.json("POST", `/v1/withdrawals/${id}/undo`);
  world.jobs.take();
  operations.push(await crashed(id));
  const undone = await world.json("GET", `/v1/withdrawals/${id}`);
  return { gone, back: { status: undone.status, withdrawn: undone.withdrawn, ...(await state()) }, operations };
}

describe("a withdrawal", { timeout: 120_000 }, () => {
  it("ends the same wherever its worker dies, and so does its undo", async () => {
    const world = aWorld();
    await importBatch(world, goodBatch(3));
    const importId = await importBatch(world, badBatch(4));
    await correct(world);
    await learn(world);
    await newExport(world);
    world.jobs.take();
    const whole = await thereAndBack(world, importId, null);
    expect(whole.gone).toMatchObject({ status: "done", withdrawn: 4 });
    expect(whole.gone.held).toHaveLength(1);
    expect(whole.back).toMatchObject({ status: "undone", withdrawn: 0 });
    const most = Math.max(...whole.operations);
    expect(most).toBeGreaterThan(20);
    for (let at = 1; at <= most; at++)
      for (const moment of ["before", "after"] as const) {
        const plan = { at, moment, mode: "dead" } as const;
        const { gone, back } = await thereAndBack(world, importId, plan);
        expect({ plan, gone, back }).toEqual({ plan, gone: whole.gone, back: whole.back });
      }
  });

  it("takes more than fits into one piece or one message, each once", async () => {
    const world = aWorld();
    await insertImprovements(450, 30);
    const was = await learned(world);
    const { id, total } = await world.json("POST", "/v1/withdrawals", {
      ...{ until: new Date(Date.now() + 60_000).toISOString(), mode: "withdraw", reason: "All of it." },
    });
    expect(total).toBe(450);
    world.jobs.take();
    const one = (services: Services, held: Held) => runWithdrawal(services, held, 1);
    const progress = [];
    for (let run = 0; run < 12; run++) {
      await runJob(world.services, "withdrawal", id, one);
      progress.push((await world.json("GET", `/v1/withdrawals/${id}`)).withdrawn);
    }
    expect(progress.slice(0, 4)).toEqual([200, 400, 450, 450]);
    expect(await world.json("GET", `/v1/withdrawals/${id}`)).toMatchObject({ status: "done", withdrawn: 450 });
    expect((await learned(world)).leaderboard).toEqual([]);
    await world.json("POST", `/v1/withdrawals/${id}/undo`);
    await world.deliver();
    expect(await world.json("GET", `/v1/withdrawals/${id}`)).toMatchObject({ status: "undone", withdrawn: 0 });
    expect(await learned(world)).toEqual(was);
  });

  it("has an export that is being written begin again without it", async () => {
    const world = aWorld();
    const importId = await importBatch(world, badBatch(3));
    await importBatch(world, goodBatch(3));
    await correct(world);
    const { id } = await world.json("POST", "/v1/exports", {});
    const [message] = world.jobs.take();
    const { bucket } = world.services;
    let asked = false;
    // In the middle of writing: its rows are read, its files are not there yet.
    world.services.bucket = new Proxy(bucket, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return async (...given: unknown[]) => {
          if (!asked && ["put", "createMultipartUpload"].includes(String(name))) {
            asked = true;
            world.services.bucket = bucket;
            await world.json("POST", "/v1/withdrawals", { import_id: importId, mode: "withdraw", reason: "Bad." });
            await world.deliver();
          }
          return value.apply(target, given);
        };
      },
    });
    if (message) world.jobs.messages.push(message);
    await world.deliver();
    await world.sweep();
    await world.deliver();
    expect(asked).toBe(true);
    const file = await world.call("GET", `/v1/exports/${id}/training_data.jsonl`);
    expect(file.status).toBe(200);
    const text = new TextDecoder().decode(await file.arrayBuffer());
    expect(text.trimEnd().split("\n")).toHaveLength(3);
    expect(text).not.toContain("zarquon");
  });
});
