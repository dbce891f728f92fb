import { APIError } from "openai/core/error";
import type { ChatCompletion, ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import type { Clock } from "../lib/time.ts";
import { createChatCompletions } from "./chat-client.ts";
import { classifyError } from "./classify-error.ts";
import { DEADLINES, type Deadlines, fetchWithDeadlines } from "./deadlines.ts";
import { type Model, type ModelAnswer, ModelError, type ModelRequest, type Usage } from "./model.ts";

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
  return {
    async complete(request) {
      const key = `${baseUrl} ${request.model}`;
      const quirks = quirksOf.get(key) ?? new Set<Quirk>();
      quirksOf.set(key, quirks);
      for (;;) {
        try {
          return readAnswer(await completions.create(toParams(request, quirks)));
        } catch (error) {
          const quirk = refusedParameter(error, quirks, request);
          if (quirk === null) throw classifyError(error, clock());
          quirks.add(quirk);
        }
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

/** Which parameter a 400 or 422 complains of, if it is one that can be left out and was not yet. */
function refusedParameter(error: unknown, quirks: Set<Quirk>, request: ModelRequest): Quirk | null {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return null;
  const about = `${error.param ?? ""} ${error.message}`.toLowerCase();
  const found: Quirk | null = /max_completion_tokens/.test(about)
    ? "old_max_tokens"
    : /temperature/.test(about) && request.temperature !== undefined
      ? "no_temperature"
      : /response_format|json_schema|json_object|structured output/.test(about) && request.answer
        ? quirks.has("no_json_schema")
          ? "no_json_object"
          : "no_json_schema"
        : null;
  return found !== null && !quirks.has(found) ? found : null;
}

function readAnswer(completion: ChatCompletion): ModelAnswer {
  // Servers that only resemble OpenAI's leave things out that the types promise.
  const choice = completion?.choices?.[0] as Partial<ChatCompletion.Choice> | undefined;
  const usage: Usage = {
    calls: 1,
    inputTokens: completion?.usage?.prompt_tokens ?? 0,
    outputTokens: completion?.usage?.completion_tokens ?? 0,
  };
  if (choice?.finish_reason === "content_filter") {
    throw new ModelError("refused", "content_filter", "the provider's content filter stopped the answer", { usage });
  }
  if (choice?.message?.refusal) {
    throw new ModelError("refused", "refusal", "the model refused", { usage });
  }
  if (choice?.message === undefined) {
    throw new ModelError("repair", "malformed_answer", "the answer holds no message", { usage });
  }
  if (choice.finish_reason === "length") {
    throw new ModelError("repair", "truncated_answer", "the answer was cut off at its largest length", { usage });
  }
  const text = withoutThinking(textOf(choice.message.content)).trim();
  if (text === "") throw new ModelError("repair", "empty_answer", "the answer is empty", { usage });
  return { text, usage };
}

/** Content as one text: some servers send parts, some an object where a text belongs. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return content.map((part) => textOf(part?.text ?? part)).join("");
  return content === null || content === undefined ? "" : JSON.stringify(content);
}

/** Open models put their reasoning into the answer, in `<think>` blocks. */
function withoutThinking(text: string): string {
  return text.replace(/<think>[\s\S]*?<\/think>/gi, "");
}
