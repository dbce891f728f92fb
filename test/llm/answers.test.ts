import { describe, expect, it } from "vitest";
import { readCompletion } from "../../src/llm/answers/read-completion.ts";
import { parseReset, readLimits } from "../../src/llm/answers/read-limits.ts";
import { whoseFault } from "../../src/llm/answers/whose-fault.ts";
import { AT, answerOf, error, type Fixture } from "./fixtures/fixture.ts";
import { HEALTH } from "./fixtures/health.ts";
import { LIMITS } from "./fixtures/limits.ts";
import { MODERATION } from "./fixtures/moderation.ts";
import { PARAMETERS } from "./fixtures/parameters.ts";
import { QUOTAS } from "./fixtures/quotas.ts";
import { SETUP } from "./fixtures/setup.ts";

function expectRead(fixture: Fixture): void {
  const completion = readCompletion(answerOf(fixture));
  expect("text" in fixture.is ? { text: completion.text } : completion.fault).toMatchObject(fixture.is);
  if (fixture.tokens !== undefined) expect(completion.tokens).toEqual(fixture.tokens);
  if (fixture.limits) expect(readLimits(answerOf(fixture))).toMatchObject(fixture.limits);
  if (!completion.fault) return;
  expect(completion.fault.reason).toMatch(/^[A-Z]/);
  expect(completion.fault.reason).not.toMatch(/<[a-z]|customer's words|sk-/);
  expect(completion.fault.reason.length).toBeLessThan(320);
}

describe("what a provider's answer is about", () => {
  describe.each([
    ["limits", LIMITS],
    ["quotas and money", QUOTAS],
    ["moderation and refusals", MODERATION],
    ["key, account, model, address", SETUP],
    ["sizes, parameters, JSON", PARAMETERS],
    ["overload and odd bodies", HEALTH],
  ])("%s", (_, fixtures) => {
    it.each(fixtures.map((fixture) => [fixture.row, fixture] as const))("%s", (_, fixture) => expectRead(fixture));
  });

  it.each([
    "my account was suspended and blocked",
    "the app says invalid api key",
    "insufficient balance, no available provider, 500 requests per day",
    "the service is currently unavailable, error 429 rate limit",
  ])("does not take a customer's words for the provider's: %s", (words) => {
    const body = JSON.stringify(error(`Could not parse message: ${words}`));
    const fault = whoseFault({ status: 400, headers: new Headers(), body, at: AT });
    expect(fault).toMatchObject({ about: "request", code: "request_rejected" });
  });

  it("shows of the provider's words neither keys nor addresses nor long quotes", () => {
    const prompt = "My name is Ada and my order of last Tuesday has not come, although it was promised.";
    const body = `sk-proj-aaaabbbbccccdddd is bad, ask ada@example.com about "${prompt}" or Bearer 0123456789abcdef`;
    const { reason } = whoseFault({ status: 400, headers: new Headers(), body: JSON.stringify(error(body)), at: AT });
    expect(reason).not.toMatch(/aaaabbbb|ada@|Ada|0123456789abcdef/);
  });
});

describe("a provider's key", () => {
  it("is not in a reason, whole or in part, whatever it looks like", () => {
    const key = "acme.Zq81LmX0 aPq7RtB3";
    const body = JSON.stringify(error(`Incorrect API key provided: ${key} (${key.slice(0, 9)}…).`));
    const { reason } = whoseFault({ status: 401, headers: new Headers(), body, at: AT, key });
    expect(reason).toBe("OPENAI_API_KEY was refused (status 401): Incorrect API key provided: [key] ([key]…).");
  });

  it("is the only thing that is blanked", () => {
    const said = "The organization must be verified, or another key provided.";
    const body = JSON.stringify(error(said));
    expect(whoseFault({ status: 401, headers: new Headers(), body, at: AT }).reason).toContain(said);
  });
});

describe("an answer that is made to be hard to read", () => {
  const deep = (open: string, close: string) => `${open.repeat(100_000)}1${close.repeat(100_000)}`;
  const choice = (fields: string) => `{"choices":[{"finish_reason":"stop",${fields}}]}`;

  it.each([
    ["lists in lists", choice(`"message":{"content":${deep("[", "]")}}`)],
    ["objects in objects", choice(`"message":{"content":${deep('{"text":', "}")}}`)],
    ["an error of a choice, nested", choice(`"error":${deep('{"error":', "}")}`)],
  ])("is a malformed one, and no fault of ours: %s", (_, body) => {
    const { fault } = readCompletion({ status: 200, headers: new Headers(), body, at: AT, key: "" });
    expect(fault?.code).toBe("malformed_answer");
  });

  it.each([
    [
      "thoughts that begin and do not end",
      200,
      JSON.stringify({ choices: [{ message: { content: "<think>".repeat(90_000) } }] }),
    ],
    ["tags that do not end", 502, "<".repeat(900_000)],
    ["scripts that do not end", 502, "<script>".repeat(100_000)],
    [
      "words without number",
      500,
      JSON.stringify({
        error: Array(20).fill({
          details: Array.from({ length: 20 }, (_, i) => ({
            errors: Array.from({ length: 20 }, (_, j) => ({ message: `${i} ${j} ${"x".repeat(90)}` })),
          })),
        }),
      }),
    ],
  ])("is read in no time to speak of: %s", (_, status, body) => {
    const begun = performance.now();
    readCompletion({ status, headers: new Headers(), body, at: AT, key: "" });
    expect(performance.now() - begun).toBeLessThan(3_000);
  });
});

describe("tokens that make no sense", () => {
  const tokensOf = (usage: unknown) => {
    const body = JSON.stringify({ choices: [{ message: { content: "Hi" } }], usage });
    return readCompletion({ status: 200, headers: new Headers(), body, at: AT }).tokens;
  };

  it.each([-1, 0.5, 1e300, 1e9, "7", null, true, [7]])("count as not told: %j", (bad) => {
    expect(tokensOf({ prompt_tokens: bad, completion_tokens: bad })).toBeNull();
    expect(tokensOf({ prompt_tokens: 7, completion_tokens: bad })).toEqual({ inputTokens: 7, outputTokens: 0 });
    expect(tokensOf({ prompt_tokens: bad, completion_tokens: 0 })).toEqual({ inputTokens: 0, outputTokens: 0 });
  });

  it("leave those that make sense", () => {
    expect(tokensOf({ prompt_tokens: 2_000_000, completion_tokens: 3 })).toEqual({
      ...{ inputTokens: 2_000_000, outputTokens: 3 },
    });
  });
});

describe("a time to wait", () => {
  it.each([
    ["6m0s", 360_000],
    ["2m59.56s", 179_560],
    ["12ms", 12],
    ["0.5", 500],
    ["60", 60_000],
    [String(AT + 5_000), 5_000],
    [String(AT / 1_000 + 9), 9_000],
    ["2026-11-24T12:00:07Z", 7_000],
    ["Tue, 24 Nov 2026 12:00:08 GMT", 8_000],
    ["2020-01-01T00:00:00Z", 0],
    ["9999999", 86_400_000],
    ["-1", null],
    ["", null],
    ["soon", null],
  ])("%s", (value, ms) => expect(parseReset(value, AT)).toBe(ms));
});
