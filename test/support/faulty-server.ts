import type { Model } from "../../src/llm/model.ts";
import { createOpenAiModel } from "../../src/llm/openai.ts";
import { comparison, REWRITE, rating } from "./model.ts";

/** Everything that was seen to go wrong with a model's server, each by a name. */
export const FAULTS = [
  "429 with Retry-After",
  "429 without",
  "500",
  "503",
  "524 with HTML",
  "no headers",
  "slow drip",
  "cut stream",
  "lost connection",
  "malformed JSON",
  "wrong schema",
  "refusal",
  "content filter",
  "truncation",
  "empty answer",
  "error text as the answer",
  "quota",
  "bad key",
  "unknown model",
  "huge answer",
] as const;
export type Fault = (typeof FAULTS)[number];

/** Short, so that a test of a time-out is quick. */
const DEADLINES = { headersMs: 60, betweenChunksMs: 60, totalMs: 120, maxBytes: 50_000 };

/**
 * The real client against a server that fails as the plan says; where the plan says nothing it answers well.
 * @param plan the fault of the n-th call, counted from 1
 */
export function faultyModel(plan: (call: number) => Fault | null): Model & { calls: () => number } {
  let calls = 0;
  const fetch = async (_: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    calls += 1;
    const body = JSON.parse(String(init?.body));
    const fault = plan(calls);
    return fault === null ? answer(good(body)) : fail(fault, init?.signal ?? undefined);
  };
  // What a server refuses is remembered by its address: each model here has its own.
  const baseUrl = `https://${crypto.randomUUID()}.example/v1`;
  const model = createOpenAiModel({
    apiKey: "k",
    baseUrl,
    clock: Date.now,
    deadlines: DEADLINES,
    fetch: fetch as typeof globalThis.fetch,
  });
  return { complete: (request) => model.complete(request), calls: () => calls };
}

/** The same faults in an order that a seed decides: one call in `every` fails. */
export function seededPlan(seed: number, every: number): (call: number) => Fault | null {
  let state = seed >>> 0;
  // mulberry32: small, and the same on every machine.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => (next() < 1 / every ? (FAULTS[Math.floor(next() * FAULTS.length)] ?? null) : null);
}

function good(body: { response_format?: { json_schema?: { name: string } }; messages: { content: string }[] }): string {
  const prompt = body.messages.map(({ content }) => content).join("\n");
  switch (body.response_format?.json_schema?.name) {
    case undefined:
      return REWRITE;
    case "comparison":
      return comparison(prompt.includes(`<reply_a>\n${REWRITE}`) ? "A" : "B");
    default:
      return rating(prompt.includes(REWRITE) ? 90 : 30);
  }
}

function answer(content: string | null, more: object = {}, finish_reason = "stop"): Response {
  return Response.json({
    choices: [{ index: 0, finish_reason, message: { role: "assistant", content, ...more } }],
    usage: { prompt_tokens: 10, completion_tokens: 5 },
  });
}

function refuse(
  status: number,
  message: string,
  code: string | null = null,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ error: { message, code, type: "error", param: null } }, { status, headers });
}

function fail(fault: Fault, signal: AbortSignal | undefined): Response | Promise<Response> {
  switch (fault) {
    case "429 with Retry-After":
      return refuse(429, "slow down", null, { "retry-after": "90" });
    case "429 without":
      return refuse(429, "slow down");
    case "500":
      return refuse(500, "internal");
    case "503":
      return refuse(503, "overloaded");
    case "524 with HTML":
      return new Response("<html><title>524</title><h1>A timeout occurred</h1></html>", { status: 524 });
    case "no headers":
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    case "slow drip":
      return new Response(dripping());
    case "cut stream":
      return new Response(cut(), { headers: { "content-type": "application/json" } });
    case "lost connection":
      return Promise.reject(new TypeError("Network connection lost."));
    case "malformed JSON":
      return answer('{"reasons": "Because", "accuracy": 9');
    case "wrong schema":
      return answer('{"verdict": "good"}');
    case "refusal":
      return answer(null, { refusal: "I can not help with that." });
    case "content filter":
      return answer("", {}, "content_filter");
    case "truncation":
      return answer("Your refund is", {}, "length");
    case "empty answer":
      return answer("");
    case "error text as the answer":
      return answer("Error: upstream model overloaded, please try again later");
    case "quota":
      return refuse(429, "You exceeded your current quota", "insufficient_quota");
    case "bad key":
      return refuse(401, "Incorrect API key provided");
    case "unknown model":
      return refuse(404, "The model does not exist", "model_not_found");
    case "huge answer":
      return answer("x".repeat(100_000));
  }
}

/** A byte every 20 ms, for ever: each pause is short enough, the whole is not. */
function dripping(): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setInterval> | undefined;
  return new ReadableStream({
    start(controller) {
      timer = setInterval(() => controller.enqueue(new Uint8Array([32])), 20);
    },
    cancel() {
      clearInterval(timer);
    },
  });
}

function cut(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"choices": [{"mess'));
      controller.error(new Error("socket closed"));
    },
  });
}
