import { describe, expect, it } from "vitest";
import { REWRITE } from "../support/model.ts";
import { aFailure, createWorld, ofTwoCustomers } from "../support/world.ts";

describe("POST /v1/prompts", () => {
  it("says by what this type of query often fails, with the lessons", async () => {
    const world = createWorld();
    const topic = `lessons-${crypto.randomUUID()}`;
    await world.correctAll(
      aFailure({ topic, failure_category: "missing_date", failure_explanation: "No day was named." }),
      aFailure({
        ...{ topic, failure_category: "missing_date", failure_explanation: "The customer could not tell when." },
        original_prompt: "Has the parcel left you yet?",
      }),
    );
    const ask = () => {
      // The isolate's copy has had its time; it is refreshed behind the answer.
      world.now += 4_000;
      return world.json("POST", "/v1/prompts", { customer_message: "Where is it?", topic, examples: 1 });
    };
    // The example comes with the refresh that follows the improvements.
    await expect.poll(async () => (await ask()).messages[0].content, { timeout: 8_000 }).toContain(REWRITE);
    const prompt = await ask();
    expect(prompt).toMatchObject({ guided: true, cluster: { topic, confidence: 1, failures: 2 } });
    expect(prompt.cluster.failure_categories[0]).toMatchObject({ failure_category: "missing_date", share: 1 });
    const [system, user] = prompt.messages;
    expect(system.role).toBe("system");
    expect(system.content).toMatch(/often fails due to missing date/);
    expect(system.content).toContain("No day was named.");
    expect(user).toEqual({ role: "user", content: "Where is it?" });
  }, 10_000);

  it("knows the failures of a category where the topic is not known", async () => {
    const world = createWorld();
    const failure_category = `category-${crypto.randomUUID()}`;
    await world.correctAll(...ofTwoCustomers({ failure_category, failure_explanation: "Too curt." }));
    const prompt = await world.json("POST", "/v1/prompts", { customer_message: "Hi", failure_category });
    expect(prompt).toMatchObject({ guided: true, cluster: null });
    expect(prompt.messages[0].content).toContain("Too curt.");
  });

  it.each([
    ["neither topic nor category", {}, "no_router"],
    ["a topic nobody sent", { topic: "never-heard-of" }, "no_cluster"],
  ])("is honestly plain with %s", async (_, given, reason) => {
    const conversation = [{ role: "user", content: "Hello" }];
    const response = await createWorld().call("POST", "/v1/prompts", {
      customer_message: "Hi",
      conversation,
      ...given,
    });
    expect(response.headers.get("x-redraft-plain")).toBe(reason);
    expect(await response.json()).toMatchObject({
      guided: false,
      cluster: null,
      messages: [...conversation, { role: "user", content: "Hi" }],
    });
  });

  it("never breaks the bot: with everything behind it down the prompt is plain", async () => {
    const world = createWorld();
    world.services.clusters = new Proxy(world.services.clusters, {
      get() {
        throw new Error("down");
      },
    });
    await world.record(aFailure({ topic: "down" }));
    const response = await world.call("POST", "/v1/prompts", { customer_message: "Hi", topic: "down" });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-redraft-plain")).toBe("unavailable");
  });

  it("learns of an improvement that lands in its cluster", async () => {
    const world = createWorld();
    const topic = `fresh-${crypto.randomUUID()}`;
    await world.correctAll(...ofTwoCustomers({ topic, failure_explanation: "First lesson." }));
    await world.json("POST", "/v1/prompts", { customer_message: "Hi", topic });
    await world.correctAll(aFailure({ topic, failure_explanation: "Second lesson." }));
    await expect
      .poll(
        async () => {
          world.now += 4_000;
          return (await world.json("POST", "/v1/prompts", { customer_message: "Hi", topic })).messages[0].content;
        },
        { timeout: 8_000 },
      )
      .toContain("Second lesson.");
  }, 10_000);

  it("learns of a failure that was just recorded, before anything is corrected", async () => {
    const world = createWorld();
    const topic = `recorded-${crypto.randomUUID()}`;
    const ask = async () => {
      world.now += 4_000;
      return (await world.json("POST", "/v1/prompts", { customer_message: "Hi", topic })).messages[0].content;
    };
    await world.record(...ofTwoCustomers({ topic, failure_explanation: "First lesson." }));
    expect(await ask()).toContain("First lesson.");
    await world.record(aFailure({ topic, failure_explanation: "Second lesson." }));
    await expect.poll(ask, { timeout: 8_000 }).toContain("Second lesson.");
  }, 10_000);
});
