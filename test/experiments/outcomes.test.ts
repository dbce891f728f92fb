import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { readPromptId } from "../../src/experiments/prompt-id.ts";
import { newId } from "../../src/lib/ids.ts";
import { failures, sendOutcomes } from "../support/outcomes.ts";
import { aFailure, createWorld, ofTwoCustomers } from "../support/world.ts";

const outcome = (id: string) =>
  env.DB.prepare("select failed, arm, rating from outcomes where prompt_id = ?").bind(id).all();

async function served(vars: Record<string, string> = {}) {
  const world = createWorld({ vars });
  const topic = `outcome-${crypto.randomUUID()}`;
  await world.record(...ofTwoCustomers({ topic }));
  return { world, topic, prompt: await world.json("POST", "/v1/prompts", { customer_message: "Hi", topic }) };
}

describe("outcomes", () => {
  it("are kept once, however often they are sent, and failed stands", async () => {
    const { world, prompt } = await served();
    for (const failed of [false, true, false, true]) {
      const response = await world.call("POST", "/v1/outcomes", { prompt_id: prompt.prompt_id, failed });
      expect(response.status).toBe(202);
    }
    expect((await outcome(prompt.prompt_id)).results).toEqual([{ failed: 1, arm: 1, rating: null }]);
  });

  it("come by themselves with a failure that names its prompt", async () => {
    const { world, topic, prompt } = await served();
    await world.record(aFailure({ topic, prompt_id: prompt.prompt_id }));
    expect((await outcome(prompt.prompt_id)).results).toMatchObject([{ failed: 1 }]);
  });

  it("are refused for ids that are not prompts of ours", async () => {
    const { world } = await served();
    const response = await world.call("POST", "/v1/outcomes", { prompt_id: newId(), failed: true });
    expect(response.status).toBe(400);
  });

  it("switch guidance off that does harm, and say so", async () => {
    const { world, topic } = await served();
    world.now += 1;
    const ids = await sendOutcomes(world, topic, failures(119, 1));
    await world.json("POST", "/v1/outcomes", { prompt_id: ids[0], failed: true });
    await expect
      .poll(async () => (await world.json("GET", `/v1/clusters/${topic}`)).guidance_switched_off, { timeout: 8_000 })
      .toBe(true);
    world.now += 4_000;
    const ask = () => world.call("POST", "/v1/prompts", { customer_message: "Hi", topic });
    await ask();
    await expect.poll(async () => (await ask()).headers.get("x-redraft-plain")).toBe("switched_off");
  }, 20_000);
});

describe("the holdout", () => {
  it("goes out plain and says so", async () => {
    const { world, topic } = await served({ HOLDOUT_FRACTION: "1" });
    const response = await world.call("POST", "/v1/prompts", { customer_message: "Hi", topic, examples: 3 });
    expect(response.headers.get("x-redraft-plain")).toBe("holdout");
    const prompt = await response.json<{ prompt_id: string; guided: boolean; messages: unknown[] }>();
    expect(prompt).toMatchObject({ guided: false, messages: [{ role: "user", content: "Hi" }] });
    expect(readPromptId(prompt.prompt_id)?.arm).toBe("holdout");
  });
});
