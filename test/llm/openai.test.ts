import { describe, expect, it } from "vitest";
import { z } from "zod";
import { completeJson } from "../../src/llm/complete-json.ts";
import { ModelError, type ModelRequest } from "../../src/llm/model.ts";
import { createOpenAiModel } from "../../src/llm/openai.ts";

/** A server that answers as the test says; keeps what it was asked. */
function server(answer: (body: Record<string, unknown>, call: number) => Response | Promise<Response>) {
  const bodies: Record<string, unknown>[] = [];
  const fetch = async (_: RequestInfo | URL, init?: RequestInit) => {
    const body = JSON.parse(String(init?.body));
    bodies.push(body);
    return answer(body, bodies.length);
  };
  // Each test has a server of its own name: what a server refuses is remembered by its address.
  const baseUrl = `https://${crypto.randomUUID()}.example/v1`;
  const deadlines = { headersMs: 200, betweenChunksMs: 200, totalMs: 500, maxBytes: 10_000 };
  return {
    bodies,
    model: createOpenAiModel({
      apiKey: "k",
      baseUrl,
      clock: Date.now,
      deadlines,
      fetch: fetch as typeof globalThis.fetch,
    }),
  };
}

const says = (content: unknown, more: object = {}, finish_reason = "stop") =>
  Response.json({
    choices: [{ index: 0, finish_reason, message: { role: "assistant", content, ...more } }],
    usage: { prompt_tokens: 7, completion_tokens: 3 },
  });

const refuses = (message: string, param: string | null = null, status = 400) =>
  Response.json({ error: { message, type: "invalid_request_error", param, code: null } }, { status });

const request: ModelRequest = {
  model: "m",
  messages: [{ role: "user", content: "Hello" }],
  temperature: 0.3,
  maxOutputTokens: 100,
};

async function failureOf(promise: Promise<unknown>): Promise<ModelError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ModelError);
  return error as ModelError;
}

describe("a model behind an OpenAI-compatible server", () => {
  it("sends one call with the key and the request, and keeps the redirect to itself", async () => {
    const sent: [string, RequestInit | undefined][] = [];
    const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
      sent.push([String(input), init]);
      return says("Hi");
    };
    const baseUrl = "https://model.example/v1";
    const model = createOpenAiModel({ apiKey: "k", baseUrl, clock: Date.now, fetch: fetch as typeof globalThis.fetch });
    expect(await model.complete(request)).toMatchObject({
      text: "Hi",
      usage: { calls: 1, inputTokens: 7, outputTokens: 3 },
    });
    expect(sent).toHaveLength(1);
    const [address, init] = sent[0] ?? [];
    expect(address).toBe("https://model.example/v1/chat/completions");
    expect(init).toMatchObject({
      method: "POST",
      redirect: "manual",
      headers: { authorization: "Bearer k", "content-type": "application/json", accept: "application/json" },
    });
    expect(JSON.parse(String(init?.body))).toEqual({
      model: "m",
      messages: request.messages,
      temperature: 0.3,
      max_completion_tokens: 100,
    });
  });

  it("drops what the server refuses, and remembers it for the next call", async () => {
    const { model, bodies } = server((body) => {
      if ("temperature" in body) return refuses("Unsupported value: 'temperature' does not support 0.3", "temperature");
      if ("max_completion_tokens" in body)
        return refuses("Unrecognized request argument supplied: max_completion_tokens");
      return says("Hi");
    });
    expect((await model.complete(request)).text).toBe("Hi");
    expect(bodies).toHaveLength(3);
    await model.complete(request);
    expect(bodies).toHaveLength(4);
    expect(bodies[3]).toMatchObject({ max_tokens: 100 });
    expect(bodies[3]).not.toHaveProperty("temperature");
  });

  it("leaves out for all calls that went out together what each of them was refused for", async () => {
    const { model, bodies } = server((body) =>
      "temperature" in body ? refuses("Unsupported value: 'temperature'", "temperature") : says("Hi"),
    );
    const answers = await Promise.all([model.complete(request), model.complete(request), model.complete(request)]);
    expect(answers.map(({ text }) => text)).toEqual(["Hi", "Hi", "Hi"]);
    expect(bodies).toHaveLength(6);
  });

  it("goes from strict schema to JSON mode to plain text where the server knows no better", async () => {
    const { model, bodies } = server((body) =>
      "response_format" in body ? refuses("response_format is not supported", null, 422) : says('Sure: {"n": 1}'),
    );
    const answer = await completeJson(model, { ...request, name: "n", schema: z.object({ n: z.number() }) });
    expect(answer).toEqual({ n: 1 });
    expect(bodies.map(({ response_format: format }) => (format as { type: string } | undefined)?.type)).toEqual([
      "json_schema",
      "json_object",
      undefined,
    ]);
  });

  it.each([
    ["a thinking block", '<think>{no}</think>{"n": 1}'],
    ["a code fence", '```json\n{"n": 1}\n```'],
    ["prose around it", 'The {answer} is {"n": 1}, I think.'],
    ["parts instead of a text", [{ type: "text", text: '{"n": 1}' }]],
    ["an object instead of a text", { n: 1 }],
  ])("reads JSON out of %s", async (_, content) => {
    const { model } = server(() => says(content));
    expect(await completeJson(model, { ...request, name: "n", schema: z.object({ n: z.number() }) })).toEqual({ n: 1 });
  });

  it("asks once more with the complaint after a malformed answer, then gives up", async () => {
    const { model, bodies } = server((_, call) => says(call === 1 ? '{"n": "one"}' : '{"n": 2}'));
    expect(await completeJson(model, { ...request, name: "n", schema: z.object({ n: z.number() }) })).toEqual({ n: 2 });
    expect(JSON.stringify(bodies[1]?.messages)).toMatch(/could not be used/);
    const never = server(() => says("no"));
    const error = await failureOf(
      completeJson(never.model, { ...request, name: "n", schema: z.object({ n: z.number() }) }),
    );
    expect(error).toMatchObject({ failure: "repair", code: "malformed_answer" });
    expect(never.bodies).toHaveLength(2);
  });

  it("asks once more with room for more after an answer was cut off", async () => {
    const { model, bodies } = server((_, call) => says('{"n": 1}', {}, call === 1 ? "length" : "stop"));
    await completeJson(model, { ...request, name: "n", schema: z.object({ n: z.number() }) });
    expect(bodies[1]?.max_completion_tokens).toBe(300);
  });

  it.each([
    ["429", () => refuses("slow down", null, 429), { failure: "retry", code: "rate_limited" }],
    ["500", () => refuses("oops", null, 500), { failure: "retry", code: "provider_error" }],
    ["503", () => new Response("busy", { status: 503 }), { failure: "retry", code: "overloaded" }],
    [
      "524 with HTML",
      () => new Response("<html><b>A timeout occurred</b></html>", { status: 524 }),
      { failure: "retry", code: "timeout" },
    ],
    ["a wrong key", () => refuses("Incorrect API key", null, 401), { failure: "stop", code: "bad_key" }],
    ["an unknown model", () => refuses("no such model", "model", 404), { failure: "stop", code: "unknown_model" }],
    [
      "an account without credit",
      () => Response.json({ error: { message: "quota", code: "insufficient_quota" } }, { status: 429 }),
      { failure: "stop", code: "no_credit" },
    ],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://elsewhere.example" } }), {}],
    ["a refusal", () => says(null, { refusal: "no" }), { failure: "refused", code: "refusal" }],
    ["a content filter", () => says("", {}, "content_filter"), { failure: "refused", code: "content_filter" }],
    ["an empty answer", () => says("  "), { failure: "repair", code: "empty_answer" }],
    ["no choices", () => Response.json({ choices: [] }), { failure: "repair", code: "malformed_answer" }],
    ["a body that is not JSON", () => new Response("{", { headers: { "content-type": "application/json" } }), {}],
    ["a body too large", () => says("x".repeat(20_000)), { failure: "repair", code: "answer_too_large" }],
    ["no headers in time", () => new Promise<Response>(() => {}), { failure: "retry", code: "timeout" }],
    [
      "a drip that stops",
      () =>
        new Response(
          new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"cho')) }),
          { headers: { "content-type": "application/json" } },
        ),
      { failure: "retry", code: "timeout" },
    ],
    [
      "a lost connection",
      () => Promise.reject(new TypeError("Network connection lost.")),
      { failure: "retry", code: "connection_lost" },
    ],
  ])("sorts %s", async (_, answer, expected) => {
    const error = await failureOf(server(answer).model.complete(request));
    expect(error).toMatchObject(expected);
    expect(error.message).not.toMatch(/[<>]/);
  });

  it("waits as long as the server asks for", async () => {
    const { model } = server(() => new Response("{}", { status: 429, headers: { "retry-after": "7" } }));
    expect((await failureOf(model.complete(request))).retryAfterMs).toBe(7_000);
  });

  it("waits until the time the server names, by the clock it was given", async () => {
    const headers = { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" };
    const model = createOpenAiModel({
      apiKey: "k",
      baseUrl: "https://later.example/v1",
      clock: () => Date.UTC(2026, 0, 1),
      fetch: (async () => new Response("{}", { status: 503, headers })) as typeof globalThis.fetch,
    });
    expect((await failureOf(model.complete(request))).retryAfterMs).toBe(30_000);
  });
});
