import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { answerText } from "./answer.ts";
import { ApiError, CREATED, MODEL, readBody } from "./api.ts";
import { type ChatRequest, chatRequest } from "./chat-request.ts";
import type { Learned } from "./learned.ts";
import { countTokens, cutToTokens, hash } from "./text.ts";
import { pickToolCall, type ToolCall } from "./tool-calls.ts";

/** Chat completions and the models that answer them. @param tuned models tuned from the stand-in, by their names */
export function chatRoutes(tuned: Map<string, Learned>): Hono {
  return new Hono()
    .post("/chat/completions", async (c) => {
      const request = await readBody(c, chatRequest);
      checkModel(request.model, tuned);
      const completion = complete(request, tuned.get(request.model));
      if (!request.stream) return c.json(completionBody(completion));
      return streamSSE(c, async (stream) => {
        for (const chunk of chunksOf(completion, request.stream_options?.include_usage === true))
          await stream.writeSSE({ data: JSON.stringify(chunk) });
        await stream.writeSSE({ data: "[DONE]" });
      });
    })
    .get("/models", (c) => {
      const data = [MODEL, ...tuned.keys()].map((id) => ({ id, object: "model", created: CREATED, owned_by: MODEL }));
      return c.json({ object: "list", data });
    });
}

/** @throws ApiError for any other name than the stand-in's, or of a model that was tuned from it while this one runs */
function checkModel(model: string, tuned: Map<string, Learned>): void {
  if (model === MODEL || tuned.has(model)) return;
  const message = model.startsWith(`ft:${MODEL}`)
    ? `The model \`${model}\` no longer exists: the stand-in forgets its tuned models when it ends.`
    : `The model \`${model}\` does not exist: this is the stand-in, its only model is \`${MODEL}\`.`;
  throw new ApiError(404, message, { param: "model", code: "model_not_found" });
}

interface Completion {
  id: string;
  model: string;
  text: string;
  toolCall: ToolCall | null;
  finishReason: "stop" | "length" | "tool_calls";
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

function complete(request: ChatRequest, learned: Learned | undefined): Completion {
  const { model, messages, max_completion_tokens, max_tokens } = request;
  const toolCall = pickToolCall(request);
  const most = max_completion_tokens ?? max_tokens ?? Number.POSITIVE_INFINITY;
  const { text, cut } = cutToTokens(toolCall === null ? answerText(request, learned) : "", most);
  // Three more for the frame of each message, as OpenAI counts.
  const prompt_tokens = messages.reduce((sum, { content }) => sum + countTokens(content) + 3, 3);
  const completion_tokens = countTokens(text + (toolCall === null ? "" : JSON.stringify(toolCall.function)));
  return {
    id: `chatcmpl-${hash(JSON.stringify(request)).toString(16).padStart(8, "0")}`,
    ...{ model, text, toolCall },
    finishReason: toolCall !== null ? "tool_calls" : cut ? "length" : "stop",
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  };
}

function completionBody({ id, model, text, toolCall, finishReason, usage }: Completion) {
  const said = toolCall === null ? { content: text } : { content: null, tool_calls: [toolCall] };
  const message = { role: "assistant", ...said, refusal: null };
  return {
    ...{ id, object: "chat.completion", created: CREATED, model },
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage,
  };
}

/** The events of a stream: a word each, or the call of a tool, its head before its arguments. */
function chunksOf({ id, model, text, toolCall, finishReason, usage }: Completion, withUsage: boolean): object[] {
  const chunk = (more: object) => ({ id, object: "chat.completion.chunk", created: CREATED, model, ...more });
  const delta = (part: object, finish: string | null = null) =>
    chunk({ choices: [{ index: 0, delta: part, logprobs: null, finish_reason: finish }] });
  const words = (text.match(/\s*\S+|\s+$/g) ?? []).map((word) => delta({ content: word }));
  const call = (part: object) => delta({ tool_calls: [{ index: 0, ...part }] });
  const calls = toolCall && [
    call({ ...toolCall, function: { ...toolCall.function, arguments: "" } }),
    call({ function: { arguments: toolCall.function.arguments } }),
  ];
  return [
    delta({ role: "assistant", content: toolCall === null ? "" : null }),
    ...(calls ?? words),
    delta({}, finishReason),
    ...(withUsage ? [chunk({ choices: [], usage })] : []),
  ];
}
