import { describe, expect, it } from "vitest";
import { seeded } from "../../dev/lib/seeded.ts";
import { createStandIn } from "../../dev/stand-in/app.ts";
import { readProvider } from "../../dev/stand-in/provider/arguments.ts";
import type { SimulatorOptions, Verdict } from "../../dev/stand-in/provider/call.ts";
import { goDuration, REFUSALS, refusalOf } from "../../dev/stand-in/provider/profile.ts";
import { PROFILES, type ProfileName } from "../../dev/stand-in/provider/profiles.ts";
import { Simulator } from "../../dev/stand-in/provider/simulator.ts";

const START = Date.UTC(2026, 0, 1);
const CALL = { model: "stand-in", promptTokens: 100, maxTokens: 400, text: "Where is my parcel?" };
const names = Object.keys(PROFILES) as ProfileName[];

/** A simulator whose clock is moved by hand. */
function simulated(name: ProfileName, options: SimulatorOptions) {
  let now = START;
  const simulator = new Simulator(PROFILES[name], options, { clock: () => now, chance: seeded(1) });
  const pass = (ms: number) => {
    now += ms;
  };
  const refusals = (calls: number, everyMs = 0) => {
    const met: Verdict["refusal"][] = [];
    for (let i = 0; i < calls; i++) {
      met.push(simulator.ask(CALL).refusal);
      pass(everyMs);
    }
    return met;
  };
  return { simulator, pass, refusals };
}

const letIn = (met: Verdict["refusal"][]) => met.filter((refusal) => refusal === null).length;

describe("a limit a minute", () => {
  it("of whole minutes lets a minute's calls in at once, and the next ones in the next minute", () => {
    const { pass, refusals } = simulated("gemini", { rpm: 60 });
    expect(letIn(refusals(100))).toBe(60);
    pass(59_999);
    expect(letIn(refusals(10))).toBe(0);
    pass(1);
    expect(letIn(refusals(100))).toBe(60);
  });

  it("of seconds lets a sixtieth in each second, so a minute's calls at once are refused", () => {
    const { pass, refusals } = simulated("openai", { rpm: 300 });
    expect(letIn(refusals(100))).toBe(5);
    pass(1_000);
    expect(letIn(refusals(100))).toBe(5);
  });

  it("as a bucket lets the pace through, and twice the pace half of the time", () => {
    expect(letIn(simulated("openrouter", { rpm: 300 }).refusals(300, 200))).toBe(300);
    const fast = letIn(simulated("openrouter", { rpm: 300 }).refusals(600, 100));
    expect(fast).toBeGreaterThanOrEqual(300);
    expect(fast).toBeLessThanOrEqual(310);
  });

  it("lets as many calls through in ten minutes however it is enforced", () => {
    for (const window of ["minute", "second", "bucket"] as const) {
      const passed = letIn(simulated("xai", { rpm: 120, window }).refusals(6_000, 100));
      expect(passed).toBeGreaterThanOrEqual(1_195);
      expect(passed).toBeLessThanOrEqual(1_204);
    }
  });

  it("counts refused calls where the provider does: who only asks more often gets nothing", () => {
    expect(letIn(simulated("openai", { rpm: 120, window: "bucket" }).refusals(600, 100))).toBeLessThan(10);
  });

  it("says when to come back, and lets a call in then and not before", () => {
    for (const window of ["minute", "second", "bucket"] as const) {
      const { simulator, pass, refusals } = simulated("azure", { rpm: 90, window });
      while (letIn(refusals(1)) === 1);
      const verdict = simulator.ask(CALL);
      const wait = verdict.refusal === null ? 0 : Number(verdict.reply.headers?.["retry-after-ms"]);
      expect(wait).toBeGreaterThan(1);
      pass(wait - 1);
      expect(letIn(refusals(1))).toBe(0);
      pass(1);
      expect(letIn(refusals(1))).toBe(1);
    }
  });

  it("of tokens counts the longest answer where it is reserved, and gives back what was not used", () => {
    const asked = (name: ProfileName) => {
      const { simulator } = simulated(name, { tpm: 1_000, window: "minute" });
      const verdicts = [simulator.ask(CALL), simulator.ask(CALL), simulator.ask(CALL)];
      for (const verdict of verdicts) if (verdict.refusal === null) verdict.done(20);
      return [...verdicts, simulator.ask(CALL)].map(({ refusal }) => refusal);
    };
    expect(asked("azure")).toEqual([null, null, "tokens", "tokens"]);
    expect(asked("openai")).toEqual([null, null, "tokens", null]);
    expect(asked("groq")).toEqual([null, null, null, null]);
  });

  it("never lets in a call that is larger than the limit, and says so with the code of a limit that passes", () => {
    const verdict = simulated("openai", { tpm: 300 }).simulator.ask(CALL);
    expect(verdict).toMatchObject({ refusal: "too_large", reply: { status: 429 } });
    expect(JSON.stringify(verdict)).toMatch(/rate_limit_exceeded/);
    expect(JSON.stringify(verdict)).toMatch(/Limit 300, Requested 500/);
  });

  it("can be changed on the way", () => {
    const { simulator, refusals } = simulated("xai", { rpm: 60 });
    expect(letIn(refusals(100))).toBe(60);
    simulator.setLimits({ rpm: 10 });
    expect(letIn(refusals(100))).toBe(10);
  });
});

describe("concurrency", () => {
  it("refuses what is over it, until a call has ended", () => {
    const { pass, refusals } = simulated("deepseek", { concurrency: 2, latencyMs: 1_000, spread: 0 });
    expect(refusals(3)).toEqual([null, null, "concurrency"]);
    pass(1_000);
    expect(letIn(refusals(3))).toBe(2);
  });

  it("is waited for on a server that queues, and refused when the queue is full", () => {
    const { simulator } = simulated("ollama", { latencyMs: 1_000, spread: 0 });
    const verdicts = Array.from({ length: 514 }, () => simulator.ask(CALL));
    expect(verdicts.slice(0, 3).map(({ delayMs }) => delayMs)).toEqual([1_000, 2_000, 3_000]);
    expect(verdicts.filter(({ refusal }) => refusal === null)).toHaveLength(513);
    expect(verdicts.at(-1)).toMatchObject({ refusal: "concurrency", reply: { status: 503 } });
  });
});

it("takes a lognormal time: half of the calls within the median, a few far beyond it", () => {
  const { simulator } = simulated("vllm", { latencyMs: 800, spread: 0.5, concurrency: 10_000 });
  const times = Array.from({ length: 2_000 }, () => simulator.ask(CALL).delayMs).sort((a, b) => a - b);
  expect(times[1_000]).toBeGreaterThan(760);
  expect(times[1_000]).toBeLessThan(840);
  expect(times[1_900]).toBeGreaterThan(1_600);
  expect(times[1_900]).toBeLessThan(2_100);
});

it("refuses the same share of messages every time, by what they say", () => {
  const { simulator } = simulated("openrouter", { refuse: 0.05 });
  const texts = Array.from({ length: 4_000 }, (_, i) => `When does my order ${10_000 + i} arrive?`);
  const refused = () => texts.filter((text) => simulator.ask({ ...CALL, text }).refusal === "moderated");
  const first = refused();
  expect(first.length / texts.length).toBeGreaterThan(0.035);
  expect(first.length / texts.length).toBeLessThan(0.065);
  expect(refused()).toEqual(first);
});

it("is overloaded in its outages, empty when the money is gone, and done for the day at the day's limit", () => {
  const outage = simulated("anthropic", { outages: [[30_000, 60_000]] });
  expect(outage.refusals(9, 10_000)).toEqual([
    ...[null, null, null],
    ...["overload", "overload", "overload"],
    ...[null, null, null],
  ]);
  const daily = simulated("groq", { requestsPerDay: 2 });
  expect(daily.refusals(3)).toEqual([null, null, "daily"]);
  daily.pass(86_400_000);
  expect(letIn(daily.refusals(3))).toBe(2);
  const { simulator } = simulated("openai", { moneyFor: 1 });
  const verdict = simulator.ask(CALL);
  if (verdict.refusal === null) verdict.done(20);
  expect(simulator.ask(CALL)).toMatchObject({ refusal: "no_money", reply: { status: 429 } });
});

describe.each(names)("%s", (name) => {
  const limits = { requests: { limit: 60, remaining: 0, resetMs: 900 }, tokens: null };
  const told = { now: START, waitMs: 1_500, limit: 60, asked: 1, model: "m", param: "temperature", limits };

  it.each(REFUSALS)("answers %s with a status and a body that can be sent", (refusal) => {
    const { status, body, headers } = refusalOf(PROFILES[name], refusal, told);
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThan(600);
    expect(typeof body === "string" ? body : JSON.stringify(body)).not.toMatch(/undefined|NaN|Infinity/);
    expect(() => new Headers(headers)).not.toThrow();
  });

  it("says when to come back in a way that can be read, where it says so at all", () => {
    for (const refusal of ["requests", "tokens", "concurrency", "daily"] as const) {
      const { headers } = refusalOf(PROFILES[name], refusal, told);
      const wait = headers?.["retry-after"];
      if (wait !== undefined) expect(wait).toMatch(/^\d+$/);
    }
  });
});

it("tells the wait where each provider puts it", () => {
  const limits = { requests: { limit: 60, remaining: 0, resetMs: 900 }, tokens: null };
  const told = { now: START, waitMs: 1_500, limit: 60, asked: 1, model: "m", param: "", limits };
  const said = (name: ProfileName) => refusalOf(PROFILES[name], "requests", told);
  expect(said("openai").headers).toMatchObject({
    ...{ "retry-after": "2", "retry-after-ms": "1500" },
    ...{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "900ms" },
  });
  expect(said("azure").headers).toMatchObject({ "x-ratelimit-reset-requests": "1" });
  expect(JSON.stringify(said("gemini").body)).toMatch(/^\[.*"retryDelay":"1.50s"/);
  expect(JSON.stringify(said("groq").body)).toMatch(/try again in 1.5s/);
  expect(said("together").headers).toEqual({ "x-ratelimit-reset": "2" });
  expect(said("mistral").body).toMatchObject({ object: "error", code: "1300" });
  expect([goDuration(12), goDuration(7_660), goDuration(179_560), goDuration(360_000), goDuration(3_600_000)]).toEqual([
    ...["12ms", "7.66s", "2m59.56s", "6m0s", "1h0m0s"],
  ]);
});

describe("before the stand-in", () => {
  const standIn = (name: ProfileName, options: SimulatorOptions) => {
    const given = { clock: () => START, chance: seeded(1) };
    const simulator = new Simulator(PROFILES[name], { models: ["stand-in"], ...options }, given);
    const app = createStandIn({ simulator });
    const ask = (more: object = {}, key = "k") => {
      const body = JSON.stringify({ model: "stand-in", messages: [{ role: "user", content: "Hello" }], ...more });
      const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
      return app.request("/v1/chat/completions", { method: "POST", headers, body });
    };
    return { app, ask, simulator };
  };

  it("lets calls in with the provider's headers, refuses them as it does, and counts both", async () => {
    const { app, ask } = standIn("openai", { rpm: 60 });
    const good = await ask();
    expect(good.status).toBe(200);
    expect(await good.json()).toMatchObject({ choices: [{ message: { role: "assistant" } }] });
    expect(good.headers.get("x-ratelimit-limit-requests")).toBe("60");
    expect(good.headers.get("x-ratelimit-remaining-requests")).toBe("59");
    const bad = await ask();
    expect(bad.status).toBe(429);
    expect(await bad.json()).toMatchObject({ error: { code: "rate_limit_exceeded", type: "requests" } });
    expect(await (await app.request("/simulator/stats")).json()).toMatchObject({
      ...{ distinct: 1, calls: 2, answered: 1, refused: { requests: 1 }, limited_share: 0.5 },
    });
  });

  it("refuses what a message asks for, a wrong key, an unknown model and a parameter as the provider does", async () => {
    const marked = (kind: string) => ({ messages: [{ role: "user", content: `Hello [simulate: ${kind}]` }] });
    expect((await standIn("openrouter", {}).ask(marked("moderated"))).status).toBe(403);
    expect((await standIn("together", {}).ask(marked("html"))).headers.get("content-type")).toMatch(/html/);
    expect((await standIn("vllm", {}).ask(marked("error_in_200"))).status).toBe(200);
    expect((await standIn("xai", { key: "right" }).ask({}, "wrong")).status).toBe(400);
    expect((await standIn("deepseek", {}).ask({ model: "gpt" })).status).toBe(400);
    expect((await standIn("mistral", {}).ask({ max_completion_tokens: 5 })).status).toBe(422);
    expect((await standIn("lm-studio", {}).ask({ response_format: { type: "json_object" } })).status).toBe(400);
  });

  it("passes over in silence what the provider passes over", async () => {
    const asked = { response_format: { type: "json_object" } };
    const content = async (name: ProfileName) => {
      const body = (await (await standIn(name, {}).ask(asked)).json()) as {
        choices: [{ message: { content: string } }];
      };
      return body.choices[0].message.content;
    };
    expect(await content("openai")).toMatch(/^\{/);
    expect(await content("anthropic")).toMatch(/^Thanks/);
  });

  it("streams as it does without", async () => {
    const streamed = await standIn("openai", { rpm: 60 }).ask({ stream: true });
    expect(await streamed.text()).toMatch(/data: \[DONE\]/);
  });
});

it("reads its command line, and says what is wrong with it", () => {
  const given = { profile: "openrouter", rpm: "300", refuse: "0.01", outage: ["30-60"], fault: ["html=0.1"] };
  expect(readProvider(given)).toMatchObject({
    name: "openrouter",
    options: { rpm: 300, refuse: 0.01, outages: [[30_000, 60_000]], faults: { html: 0.1 } },
  });
  expect(readProvider({})).toBeNull();
  expect(() => readProvider({ rpm: "300" })).toThrow("--rpm needs a --profile");
  expect(() => readProvider({ profile: "nobody" })).toThrow("there is no profile nobody");
  expect(() => readProvider({ profile: "openai", rpm: "many" })).toThrow("--rpm is a number");
  expect(() => readProvider({ profile: "openai", outage: ["soon"] })).toThrow("--outage is FROM-TO");
  expect(() => readProvider({ profile: "openai", fault: ["fire=1"] })).toThrow("there is no fire");
});
