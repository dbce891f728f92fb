import { env } from "cloudflare:test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { z } from "zod";
import { log } from "../../src/lib/log.ts";
import { type Model, ModelError, type ModelFailure } from "../../src/llm/model.ts";
import { createOpenAiModel } from "../../src/llm/openai.ts";
import { PERSONAL_KINDS, plantedText, tracesOf } from "../support/personal-kinds.ts";
import { aFailure, createWorld } from "../support/world.ts";

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const method of ["debug", "log", "info", "warn", "error"] as const)
    vi.spyOn(console, method).mockImplementation((...written) => void lines.push(written.map(String).join(" ")));
});
afterEach(() => vi.restoreAllMocks());

const QUESTION = "it never came to the house by the lake";
const FAILURES = 6;

/** Fails as told, with all it was asked in what it says. */
const echoing = (failure: ModelFailure): Model => ({
  complete: async ({ messages }) => {
    const code = failure === "stop" ? "no_credit" : "provider_error";
    throw new ModelError(failure, code, messages.map(({ content }) => content).join("\n"));
  },
});

/** A provider that quotes the request in its refusals, as real ones do. */
const quoting = (status: number): Model =>
  createOpenAiModel({
    ...{ apiKey: "k", baseUrl: `https://${crypto.randomUUID()}.example/v1`, clock: Date.now },
    fetch: async (_, init) => {
      const [, asked] = /customer_message>\\n(.*?)\\n</.exec(String(init?.body)) ?? [];
      const message = `No credit left for this request: ${asked ?? "nothing"}`;
      return Response.json({ error: { message, code: "insufficient_quota", type: "insufficient_quota" } }, { status });
    },
  });

/** What all failures share, as stored and as shown. */
async function sharedWords(world: ReturnType<typeof createWorld>, run: string): Promise<string> {
  const tables = ["correction_gate", "judge_controls", "fine_tune_comparisons", "dead_letters", "correction_attempts"];
  const rows = await env.DB.batch(tables.map((table) => env.DB.prepare(`select * from ${table}`)));
  const shown = ["/runs", `/runs/${run}`, "/judge", `/v1/correction-runs/${run}`];
  const pages = await Promise.all(shown.map(async (path) => (await world.call("GET", path)).text()));
  return [JSON.stringify(rows.map(({ results }) => results)), ...pages].join("\n");
}

it.each<[string, Model]>([
  ["a server that is down and quotes", echoing("retry")],
  ["an account that may not and quotes", echoing("stop")],
  ["a provider that quotes over HTTP", quoting(429)],
])("what one customer wrote stands in no shared row or log: %s", async (_, model) => {
  const world = createWorld({ model });
  await env.DB.batch(
    ["correction_gate", "failed_replies", "judge_controls"].map((table) => env.DB.prepare(`delete from ${table}`)),
  );
  const written = Array.from({ length: FAILURES }, (_, i) =>
    aFailure({ original_prompt: `${QUESTION}, says ${plantedText(i)}` }),
  );
  await world.record(...written);
  const { id: run } = await world.json("POST", "/v1/correction-runs", {});
  await world.deliver();
  await world.json("POST", "/v1/judge/controls", { sample: 3 });
  await world.deliver();
  const { results: gates } = await env.DB.prepare("select reason from correction_gate").all<{
    reason: string | null;
  }>();
  expect(gates[0]?.reason).toMatch(/failed|credit|quota/i);
  // One that waits for the gate says why, and is not the one that closed it.
  const [late = ""] = await world.record(aFailure({ original_prompt: "Hello?" }));
  await world.json("POST", "/v1/correction-runs", {});
  await world.deliver();
  const waiting = await world.json("GET", `/v1/failures/${late}`);
  expect(waiting.reason).toBe(gates[0]?.reason);
  const shared = [await sharedWords(world, run), waiting.reason, ...lines].join("\n");
  expect(shared).not.toContain(QUESTION);
  expect(PERSONAL_KINDS.flatMap((kind) => tracesOf(kind, shared))).toEqual([]);
});

it.each<[string, unknown]>([
  ["a text", plantedText(1)],
  ["a value that D1 quotes", new Error(`D1_TYPE_ERROR: Type 'object' not supported for value '${plantedText(1)}'`)],
  ["a quoted value with an apostrophe", new Error(`no such column: 'it's ${plantedText(1)}' in 'x'`)],
  ["what a model's server says", new ModelError("retry", "provider_error", plantedText(1))],
  ["a query's parameters", Object.assign(new Error(plantedText(1)), { query: "select ?", params: [plantedText(1)] })],
  ["a field nobody knows", z.strictObject({}).safeParse({ [plantedText(1)]: 1 }).error],
  ["JSON that cannot be read", new SyntaxError(`Unexpected token in JSON: ${plantedText(1)}`)],
])("a log line does not repeat %s", (_, thrown) => {
  log.error("something", {}, thrown);
  expect(lines).toHaveLength(1);
  expect(PERSONAL_KINDS.flatMap((kind) => tracesOf(kind, lines[0] ?? ""))).toEqual([]);
});
