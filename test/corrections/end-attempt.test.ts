import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { ModelError } from "../../src/llm/model.ts";
import { aFailure, createWorld } from "../support/world.ts";

describe("an attempt at a correction", () => {
  it("ends where its failure cannot be read, and keeps no run open for it", async () => {
    const world = createWorld();
    const mine = crypto.randomUUID();
    const [id = ""] = await world.record(aFailure({ topic: mine }));
    // As only a fault of ours could leave it.
    await env.DB.prepare(
      "update prompts set conversation = 'no JSON' where id = (select prompt_id from failed_replies where id = ?)",
    )
      .bind(id)
      .run();
    const run = await world.json("POST", "/v1/correction-runs", { topic: mine });
    for (let tries = 0; tries < 8; tries++) {
      await world.sweep();
      await world.deliver();
      world.now += 30 * 60_000;
    }
    const { results } = await env.DB.prepare("select status, reason_code from failed_replies where id = ?")
      .bind(id)
      .all();
    expect(results).toEqual([{ status: "failed", reason_code: "internal_fault" }]);
    expect(await world.json("GET", `/v1/correction-runs/${run.id}`)).toMatchObject({
      failed: 1,
      finished_at: expect.any(String),
    });
    await env.DB.prepare("update prompts set conversation = null where conversation = 'no JSON'").run();
  });

  it("ends though the answers it was given are too large to keep", async () => {
    const world = createWorld({
      model: {
        async complete({ answer }) {
          if (answer !== undefined) throw new ModelError("retry", "rate_limited", "slow down");
          const text = "Your parcel is with the carrier, and we look into it. ".repeat(12_000);
          return { text, usage: { calls: 1, inputTokens: 1, outputTokens: 1 } };
        },
      },
    });
    const [id = ""] = await world.correctAll(aFailure());
    expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({ status: "pending", reason: "slow down" });
    const { results } = await env.DB.prepare("select 1 from correction_drafts where failed_reply_id = ?")
      .bind(id)
      .all();
    expect(results).toHaveLength(0);
  });
});
