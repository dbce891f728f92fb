import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import type { Clock } from "../lib/time.ts";
import type { Fault, ProviderAnswer } from "./answers/fault.ts";
import { readCompletion } from "./answers/read-completion.ts";
import { readLimits } from "./answers/read-limits.ts";
import { createChatCompletions } from "./chat-client.ts";
import { classifyError, modelError } from "./classify-error.ts";
import { DEADLINES, type Deadlines, fetchWithDeadlines } from "./deadlines.ts";
import { type Model, type ModelRequest, NO_USAGE } from "./model.ts";

/** What a server or model turned out not to take. */
type Quirk = "no_temperature" | "old_max_tokens" | "no_json_schema" | "no_json_object";

/**
 * What each server and model was found not to take, so that every later call leaves it out. Lost with the isolate,
 * and found out again for the price of one refused call.
 */
const quirksOf = new Map<string, Set<Quirk>>();

export interface OpenAiOptions {
  apiKey: string;
  baseUrl: string;
  clock: Clock;
  deadlines?: Deadlines;
  fetch?: typeof fetch;
}

/** A model behind any server that speaks OpenAI's Chat Completions. Never retries: the queue backs off. */
export function createOpenAiModel({ apiKey, baseUrl, clock, deadlines = DEADLINES, fetch }: OpenAiOptions): Model {
  const completions = createChatCompletions({
    apiKey: apiKey || "none",
    baseUrl,
    fetch: fetchWithDeadlines(deadlines, clock, fetch),
  });

  async function ask(params: ChatCompletionCreateParamsNonStreaming): Promise<ProviderAnswer> {
    try {
      const response = await completions.create(params).asResponse();
      const { status, headers } = response;
      return { status, headers, body: await response.text(), at: clock(), key: apiKey };
    } catch (error) {
      throw classifyError(error);
    }
  }

  return {
    async complete(request) {
      const key = `${baseUrl} ${request.model}`;
      const quirks = quirksOf.get(key) ?? new Set<Quirk>();
      quirksOf.set(key, quirks);
      // What this call found out. Kept only if it helps: a value may be refused too, and what was right is right still.
      const found = new Set<Quirk>();
      const keep = () => {
        for (const quirk of found) quirks.add(quirk);
      };
      for (;;) {
        // What this call went out without: others that began with it may find out the same in the meantime.
        const sent = new Set([...quirks, ...found]);
        const answer = await ask(toParams(request, sent));
        const { text, fault, tokens } = readCompletion(answer);
        const limits = readLimits(answer);
        const quirk = fault === null ? null : quirkOf(fault, sent, request);
        if (quirk === null && fault?.about !== "parameter") keep();
        if (fault === null) return { text, usage: { ...NO_USAGE, ...tokens, calls: 1 }, limits };
        if (quirk === null) throw modelError(fault, tokens, limits);
        found.add(quirk);
      }
    },
  };
}

function toParams(request: ModelRequest, quirks: Set<Quirk>): ChatCompletionCreateParamsNonStreaming {
  const { answer, maxOutputTokens, temperature } = request;
  return {
    model: request.model,
    messages: request.messages,
    ...(temperature !== undefined && !quirks.has("no_temperature") && { temperature }),
    ...(quirks.has("old_max_tokens") ? { max_tokens: maxOutputTokens } : { max_completion_tokens: maxOutputTokens }),
    ...(answer && responseFormat(answer, quirks)),
  };
}

function responseFormat(answer: NonNullable<ModelRequest["answer"]>, quirks: Set<Quirk>) {
  if (quirks.has("no_json_object")) return {};
  if (quirks.has("no_json_schema")) return { response_format: { type: "json_object" as const } };
  return { response_format: { type: "json_schema" as const, json_schema: { ...answer, strict: true } } };
}

/** What to leave out next time, where the server complains of something that can be left out and was not yet. */
function quirkOf(fault: Fault, quirks: Set<Quirk>, request: ModelRequest): Quirk | null {
  if (fault.about !== "parameter") return null;
  const found = quirkFor(fault.parameter, quirks, request);
  return found !== null && !quirks.has(found) ? found : null;
}

function quirkFor(parameter: string, quirks: Set<Quirk>, { temperature, answer }: ModelRequest): Quirk | null {
  switch (parameter) {
    case "max_completion_tokens":
    case "max_tokens":
      return "old_max_tokens";
    case "temperature":
      return temperature === undefined ? null : "no_temperature";
    case "response_format":
      if (!answer) return null;
      return quirks.has("no_json_schema") ? "no_json_object" : "no_json_schema";
    default:
      return null;
  }
}
