import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type Scope, scopeName } from "../../src/clusters/context/context.ts";
import { readPromptId } from "../../src/experiments/prompt-id.ts";
import { aFailure, createWorld, ofTwoCustomers, type World } from "../support/world.ts";

const ask = (world: World, given: object) => world.json("POST", "/v1/prompts", { customer_message: "Hi", ...given });

/** The contexts are as they would be some seconds later. */
const refresh = async (...names: string[]) => {
  for (const name of names) {
    const scope = name === "all" ? "all" : { failure_category: name.slice("category:".length) };
    await env.CLUSTERS.get(env.CLUSTERS.idFromName(name)).forget(scope as "all");
  }
};

const cards = ["My new card has not come", "Where is the card you sent?", "The card is still not here", "No card yet"];
const refunds = ["Where is my refund?", "The refund is not here", "My money is not back yet", "I wait for my refund"];

/** A world whose router knows two topics. */
async function routed(vars: Record<string, string> = {}) {
  const world = createWorld({ vars });
  const [card, refund] = [`card ${crypto.randomUUID()}`, `refund ${crypto.randomUUID()}`];
  for (const original_prompt of cards) await world.record(aFailure({ topic: card, original_prompt }));
  for (const original_prompt of refunds) await world.record(aFailure({ topic: refund, original_prompt }));
  await world.json("POST", "/v1/router/train");
  await world.deliver();
  return { world, card };
}

describe("a topic that is given", () => {
  it("and unknown is not replaced by the router's guess", async () => {
    const { world, card } = await routed();
    const customer_message = "My new card has not come";
    const sure = await ask(world, { customer_message });
    expect(sure.cluster).toMatchObject({ topic: card });
    const response = await world.call("POST", "/v1/prompts", { customer_message, topic: "never-heard-of" });
    expect(response.headers.get("x-redraft-plain")).toBe("no_cluster");
    expect(await response.json()).toMatchObject({ cluster: null, candidates: [], guided: false });
  });
});

describe("the router", () => {
  it("names no topic where a wrong one costs more than its confidence allows", async () => {
    const customer_message = "My new card has not come";
    const { world } = await routed({ ROUTER_WRONG_COST: "1000" });
    const prompt = await ask(world, { customer_message });
    expect(prompt).toMatchObject({ cluster: null });
    expect(prompt.candidates[0].confidence).toBeLessThan(1_000 / 1_001);
  });
});

describe("a conversation that is held out", () => {
  it("gets the customer's message alone, whatever is given and asked for", async () => {
    const customer_message = "My new card has not come";
    const messages = [{ role: "user", content: customer_message }];
    const { world, card } = await routed({ HOLDOUT_FRACTION: "1" });
    const guided = createWorld({ vars: { HOLDOUT_FRACTION: "0" } });
    await world.correctAll(...ofTwoCustomers({ topic: card, failure_explanation: "Named no day at all." }));
    await refresh("all");
    const failure_category = "missing_information";
    for (const given of [{ topic: card }, { topic: card, failure_category }, { failure_category }, {}]) {
      const asked = { customer_message, examples: 3, ...given };
      expect((await ask(guided, asked)).messages[0].role, JSON.stringify(given)).toBe("system");
      expect(await ask(world, asked)).toMatchObject({ guided: false, shared: false, messages });
    }
    const sent: string[] = [];
    world.services.fetch = async (_, init) => {
      sent.push(await new Response(init?.body).text());
      return Response.json({ choices: [] });
    };
    const chat = { model: "some-model", messages };
    expect((await world.call("POST", "/v1/chat/completions", chat)).status).toBe(200);
    expect(sent.map((body) => JSON.parse(body))).toEqual([chat]);
  });
});

describe("a failure category that is given", () => {
  it("is warned of where nothing is known of it, and nothing is claimed about the past", async () => {
    const prompt = await ask(createWorld(), { failure_category: "never_heard_of" });
    expect(prompt).toMatchObject({ guided: true, shared: true, cluster: null });
    expect(prompt.messages[0].content).toMatch(/^Take special care against never heard of\./);
    expect(prompt.messages[0].content).not.toMatch(/past failure|often fails/);
  });

  it("brings the lessons against it of every cluster where none is clear, and no other lessons", async () => {
    const world = createWorld();
    const suffix = crypto.randomUUID();
    const failure_category = `no_day_${suffix}`;
    const lessons = { one: "Name the day of the refund.", two: "Say when the card comes." };
    for (const [name, text] of Object.entries(lessons)) {
      const topic = `${name}-${suffix}`;
      await world.record(aFailure({ topic, failure_category }));
      const own = [
        { text, failure_category },
        { text: `Never shout (${name}).`, failure_category: "tone" },
      ];
      await world.json("PUT", `/v1/clusters/${topic}/guidance`, { version: 0, lessons: own });
    }
    await refresh("all", `category:${failure_category}`);
    world.now += 100_000;
    for (const given of [{}, { topic: "never-heard-of" }]) {
      const prompt = await ask(world, { failure_category, ...given });
      expect(prompt).toMatchObject({ guided: true, shared: true, cluster: null });
      const [system] = prompt.messages;
      expect(system.content).toMatch(/Take special care against no day .*2 past failures across all types of query/);
      for (const text of Object.values(lessons)) expect(system.content).toContain(`- ${text}`);
      expect(system.content).not.toContain("Never shout");
    }
  });

  it("is warned of where the cluster's guidance is switched off, without its lessons", async () => {
    const world = createWorld();
    const topic = `off-${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic, failure_category: "missing_date", failure_explanation: "No day." }));
    const read = async (scope: Scope) => {
      const real = await env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName(scope))).read(scope);
      if ("error" in real) throw new Error(real.error);
      const tested = { ...real.context.tested, switched_off: true };
      return scope !== "all" && "cluster_id" in scope ? { context: { ...real.context, tested } } : real;
    };
    world.services.clusters = new Proxy(world.services.clusters, {
      get: (target, name) => (name === "get" ? () => ({ read }) : Reflect.get(target, name).bind(target)),
    });
    expect(await ask(world, { topic })).toMatchObject({ guided: false, cluster: { topic } });
    const warned = await ask(world, { topic, failure_category: `new_${topic}` });
    expect(warned).toMatchObject({ guided: true, shared: true, cluster: { topic } });
    expect(warned.messages[0].content).toMatch(/^Take special care against new/);
    expect(warned.messages[0].content).not.toContain("No day.");
  });

  it("brings nothing of guidance that does harm back through the lessons of all clusters", async () => {
    const world = createWorld();
    const suffix = crypto.randomUUID();
    const failure_category = `harm_${suffix}`;
    const topics = { off: `off-${suffix}`, told: `told-${suffix}` };
    await world.record(
      aFailure({ topic: topics.off, failure_category }),
      ...ofTwoCustomers({ topic: topics.told, failure_category, failure_explanation: "Named no day at all." }),
    );
    const lessons = [{ text: "Promise a refund by tomorrow.", failure_category }];
    await world.json("PUT", `/v1/clusters/${topics.off}/guidance`, { version: 0, lessons });
    const ask2 = async () => {
      await refresh("all", `category:${failure_category}`);
      world.now += 100_000;
      return (await ask(world, { topic: topics.off, failure_category })).messages[0].content;
    };
    expect((await ask(world, { failure_category })).messages[0].content).toContain("Take special care");
    for (const topic of Object.values(topics)) {
      await env.DB.prepare("update clusters set switched_off = 1, guidance_version = 1 where topic = ?")
        .bind(topic)
        .run();
      const { id } = (await env.DB.prepare("select id from clusters where topic = ?")
        .bind(topic)
        .first<{ id: string }>()) ?? { id: "" };
      await env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName({ cluster_id: id }))).forget({ cluster_id: id });
    }
    const warned = await ask2();
    expect(warned).toMatch(/^Take special care against harm/);
    expect(warned).not.toContain("Promise a refund");
    expect(warned).not.toContain("Named no day");
  });

  it("leaves a prompt among those that its topic is counted by, where the cluster's guidance is switched off", async () => {
    const world = createWorld();
    const topic = `counted-${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic }));
    await env.DB.prepare("update clusters set switched_off = 1 where topic = ?").bind(topic).run();
    const prompt = await ask(world, { topic, failure_category: "wrong_policy" });
    expect(prompt).toMatchObject({ shared: true, cluster: { topic } });
    world.now += 60_000;
    await ask(world, { topic, failure_category: "wrong_policy" });
    await world.deliver();
    const counted = await env.DB.prepare(
      "select sum(prompts) as n from prompt_counts where cluster_id = (select id from clusters where topic = ?)",
    )
      .bind(topic)
      .first<{ n: number }>();
    expect(counted?.n).toBe(2);
    expect(readPromptId(prompt.prompt_id)).toMatchObject({ arm: "shared", cluster: 0 });
  });

  it("is said to be why this type of query often fails only where it is", async () => {
    const world = createWorld();
    const topic = `causes-${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic, failure_category: "missing_date", failure_explanation: "No day." }));
    const often = (await ask(world, { topic, failure_category: "missing_date" })).messages[0].content;
    expect(often).toMatch(/Based on past failures, this type of query often fails due to missing date/);
    expect(often).not.toContain("Take special care");
    const never = (await ask(world, { topic, failure_category: "wrong_policy" })).messages[0].content;
    expect(never).toMatch(/often fails due to missing date[^\n]*\nTake special care against wrong policy\./);
    expect(never).not.toMatch(/due to[^\n]*wrong policy/);
  });
});
