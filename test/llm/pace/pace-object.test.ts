import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { CallReport, Exchange } from "../../../src/llm/pace/pace.ts";
import { createReadLane, laneName } from "../../../src/llm/pace/pacer.ts";
import { createWorld } from "../../support/world.ts";

const lane = (name: string) => env.PACE.get(env.PACE.idFromName(name));
const set = { requests: 600, tokens: 0 };
const asking = (calls: number, more: Partial<Exchange> = {}): Exchange => {
  return { reports: [], ask: { calls, tokens: 500, for: "background", turn: null }, set, ...more };
};
const ended = (id: number, more: Partial<CallReport> = {}): CallReport => {
  return { id, outcome: "ok", limits: null, retryAfterMs: null, tokensUsed: 500, refusedBefore: 0, ...more };
};

async function exchange(stub: ReturnType<typeof lane>, said: Exchange) {
  const answer = await stub.exchange(said);
  if ("error" in answer) throw new Error(answer.error);
  return answer.acquired;
}

async function status(stub: ReturnType<typeof lane>) {
  const answer = await stub.status();
  if ("error" in answer) throw new Error(answer.error);
  return answer.status;
}

describe("the object of a lane", () => {
  it("gives two clients places one after the other, and hears how their calls ended", async () => {
    const [one, other] = [lane("shared"), lane("shared")];
    const [first, second] = [await exchange(one, asking(6)), await exchange(other, asking(6))];
    const begun = [...(first?.begin ?? []), ...(second?.begin ?? [])];
    expect(new Set(begun.map(({ id }) => id)).size).toBe(begun.length);
    // 600 a minute are ten a second: no more than half a second ahead and what 0.3 s had left.
    expect(begun.length).toBeGreaterThanOrEqual(6);
    expect(begun.length).toBeLessThanOrEqual(10);
    expect(second?.turn).not.toBeNull();
    expect(await status(one)).toMatchObject({ inFlight: begun.length, source: "set", callsPerMinute: 582 });
    expect(await exchange(one, { reports: begun.map(({ id }) => ended(id)), ask: null, set })).toBeNull();
    expect(await status(other)).toMatchObject({ inFlight: 0, pausedUntil: null });
  });

  it("keeps other lanes apart", async () => {
    await exchange(lane("busy"), asking(4));
    expect((await status(lane("idle"))).inFlight).toBe(0);
  });

  it("knows its pause after it was evicted", async () => {
    const stub = lane("evicted");
    const acquired = await exchange(stub, asking(1));
    const id = acquired?.begin[0]?.id ?? 0;
    await exchange(stub, { reports: [ended(id, { outcome: "limited", retryAfterMs: 600_000 })], ask: null, set });
    const before = await status(stub);
    expect(before).toMatchObject({ pausedFor: "limited", inFlight: 0 });
    await runInDurableObject(stub, async (_, state) => {
      expect(await state.storage.get("lane")).toMatchObject({ pausedUntil: before.pausedUntil });
    });
    await evictDurableObject(stub);
    expect(await status(stub)).toMatchObject({
      pausedUntil: before.pausedUntil,
      callsPerMinute: before.callsPerMinute,
    });
    expect((await exchange(stub, asking(2)))?.begin).toEqual([]);
  });

  it("answers with an error where it cannot do as asked, and goes on", async () => {
    const stub = lane("faulty");
    const broken = JSON.parse('{ "reports": null, "ask": null, "set": { "requests": 0, "tokens": 0 } }');
    expect(await stub.exchange(broken)).toHaveProperty("error");
    expect((await exchange(stub, asking(1)))?.begin).toHaveLength(1);
  });
});

describe("a wait for the provider's limit", () => {
  async function pausedWorld(model: string, more: Partial<CallReport>, calls: number) {
    const world = createWorld({ vars: { JUDGE_MODEL: model } });
    const { config } = world.services;
    world.services = { ...world.services, clock: Date.now, readLane: createReadLane(env.PACE, config) };
    const provider = { baseUrl: config.OPENAI_BASE_URL, apiKey: config.OPENAI_API_KEY };
    const stub = lane(await laneName(provider, config.JUDGE_MODEL));
    const acquired = await exchange(stub, asking(calls));
    const reports = (acquired?.begin ?? []).map(({ id }) => ended(id, more));
    await exchange(stub, { reports, ask: null, set });
    await world.record({
      external_id: crypto.randomUUID(),
      original_prompt: "Where is my refund?",
      ai_reply: "Please check our website.",
      agent_reply: "Your refund left us on Monday.",
      failure_explanation: "It does not say when the money comes.",
      failure_category: "missing_information",
      topic: "refund_status",
    });
    const { id } = await world.json("POST", "/v1/correction-runs", {});
    return { world, id };
  }

  it.each([
    ["short", { outcome: "limited", retryAfterMs: 60_000 }, "provider_limit", "short-term limit"],
    ["long", { outcome: "limited", retryAfterMs: 1_800_000 }, "provider_limit", "of the hour or the day"],
    ["overloaded", { outcome: "overloaded", retryAfterMs: 30_000 }, "provider_busy", "overloaded"],
  ] as const)("is said in plain words in the API and on the page: %s", async (name, how, code, words) => {
    const { world, id } = await pausedWorld(name, how, 4);
    const { waiting } = await world.json("GET", `/v1/correction-runs/${id}`);
    expect(waiting).toMatchObject({ code, reason: expect.stringContaining(words) });
    expect(Date.parse(waiting.until)).toBeGreaterThan(Date.now() + 20_000);
    const page = await (await world.call("GET", `/runs/${id}`)).text();
    expect(page).toContain(words);
    expect(page).not.toContain("Resume now");
  });

  it("is left out where the object cannot be reached", async () => {
    const world = createWorld();
    const away = { ...env.PACE, idFromName: env.PACE.idFromName.bind(env.PACE) };
    const pace = { ...away, get: () => ({ status: () => Promise.reject(new Error("gone")) }) };
    const readLane = createReadLane(pace as unknown as typeof env.PACE, world.services.config);
    expect(await readLane("m")).toBeNull();
  });
});
