import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { eraseFailures } from "../../src/erasure/erase-failures.ts";
import { deleteAll } from "../../src/exports/checkpoint.ts";
import { clearAll } from "../exports/rows.ts";
import { Crasher, type CrashPlan } from "../support/crashing.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";
import { whereIs } from "./scan.ts";

const WORD = "quillfeatherwort";

const rewriter = modelThat(({ isRating, section }) =>
  isRating
    ? rating(section("reply_to_rate").startsWith(REWRITE) ? 90 : 30)
    : `${REWRITE} ${section("customer_message")}`,
);

describe("an erasure that crashes", () => {
  beforeEach(async () => {
    await clearAll();
    await deleteAll(env.EXPORTS, "exports/");
    const tables = ["erasures", "jobs", "provider_files"];
    await env.DB.batch(tables.map((table) => env.DB.prepare(`delete from ${table}`)));
  });

  /** Erases one of three failures that are in two files, and crashes as planned. @returns how many operations there were */
  async function eraseWith(plan: CrashPlan | null): Promise<number> {
    const world = createWorld({ model: rewriter });
    const topic = `crash-${crypto.randomUUID()}`;
    const texts = [`One ${WORD}`, "Two", "Three"];
    const [id = ""] = await world.correctAll(...texts.map((original_prompt) => aFailure({ topic, original_prompt })));
    const plain = await world.json("POST", "/v1/exports", { topic });
    await world.deliver();
    await world.json("POST", "/v1/exports", { topic, system: "guided" });
    const crasher = new Crasher(plan);
    // What a request that fails answers is for the caller to see; here it is only about what is left.
    await eraseFailures(crasher.wrap(world.services), [id]).catch(() => null);
    const { count } = crasher;
    // The client tries again, or nobody does, and the sweep comes.
    const erased = async () => (await world.call("GET", `/v1/erasures/${id}`)).status === 200;
    if (!(await erased())) await eraseFailures(world.services, [id]);
    for (let i = 0; i < 3; i++) {
      world.now += 3_600_000;
      await world.sweep();
      await world.deliver();
    }
    expect(await whereIs(WORD), JSON.stringify(plan)).toEqual([]);
    const answer = await world.json("GET", `/v1/erasures/${id}`);
    const held = answer.exports.map((one: { id: string }) => one.id);
    expect(answer, JSON.stringify(plan)).toMatchObject({ finished_at: expect.any(String) });
    expect(held).toContain(plain.id);
    // The guided one may have been written before the contexts were built again: then it is withdrawn as well.
    const { data } = await world.json("GET", "/v1/exports");
    for (const { id: one, status, stale } of data) expect([status, stale]).toEqual(["done", held.includes(one)]);
    return count;
  }

  it("at any of its operations is finished by the sweep, and leaves no text", async () => {
    const operations = await eraseWith(null);
    expect(operations).toBeGreaterThan(8);
    for (let at = 1; at <= operations; at++) {
      await clearAll();
      await eraseWith({ at, moment: at % 2 === 0 ? "before" : "after", mode: "dead" });
    }
  }, 60_000);
});
