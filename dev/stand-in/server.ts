import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerChat, type ChatMessage, countTokens, cutToTokens, embed, MODEL } from "./chat.ts";
import { fileRoutes, type StoredFile } from "./files.ts";
import type { Schema } from "./fill-schema.ts";
import { fineTuneRoutes } from "./fine-tunes.ts";
import { ApiError, dispatch, isRecord, type Route, readJson, sendJson } from "./http.ts";
import type { Learned } from "./learned.ts";
import { hash, readSections } from "./text.ts";

export interface StandInOptions {
  /** 0 (default): any free port. */
  port?: number;
  /** How long each completion takes at least, in milliseconds. */
  latencyMs?: number;
}

export interface StandIn {
  /** What to set as OPENAI_BASE_URL. */
  baseUrl: string;
  server: Server;
  close(): Promise<void>;
}

/**
 * Starts the stand-in: an HTTP server that speaks OpenAI's Chat Completions and is no model. What it answers is a
 * function of the request, so that tests and demos run anywhere and repeat.
 */
export async function startStandIn({ port = 0, latencyMs = 0 }: StandInOptions = {}): Promise<StandIn> {
  const all = standInRoutes({ latencyMs });
  const server = createServer((request, response) => void dispatch(all, request, response));
  // Clients keep connections open between the calls of a run; the default of 5 s would close one under a request.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Everything it answers to, with a memory of its own for files, jobs and models. */
export function standInRoutes({ latencyMs = 0 }: Pick<StandInOptions, "latencyMs"> = {}): Route[] {
  const files = new Map<string, StoredFile>();
  const tuned = new Map<string, Learned>();
  return [...chatRoutes(latencyMs, tuned), ...fileRoutes(files), ...fineTuneRoutes(files, tuned)];
}

function chatRoutes(latencyMs: number, tuned: Map<string, Learned>): Route[] {
  return [
    {
      method: "POST",
      path: "/v1/chat/completions",
      async handle({ request, response }) {
        const completion = complete(await readJson(request), tuned);
        if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
        if (completion.stream) streamCompletion(response, completion);
        else sendJson(response, completionBody(completion));
      },
    },
    {
      method: "POST",
      path: "/v1/embeddings",
      async handle({ request, response }) {
        sendJson(response, embeddings(await readJson(request), tuned));
      },
    },
    {
      method: "GET",
      path: "/v1/models",
      handle: ({ response }) => sendJson(response, { object: "list", data: [MODEL, ...tuned.keys()].map(modelBody) }),
    },
    {
      method: "GET",
      path: "/v1/models/:id",
      handle({ response, params: { id = "" } }) {
        checkModel(id, tuned);
        sendJson(response, modelBody(id));
      },
    },
  ];
}

function modelBody(id: string) {
  return { id, object: "model", created: CREATED, owned_by: MODEL };
}

/** A fixed time: the same request gets the same bytes. */
const CREATED = 1_767_225_600;

/** @returns the name of the stand-in, or of a model that was tuned from it while this one runs */
function checkModel(model: unknown, tuned: Map<string, Learned>): string {
  if (typeof model !== "string" || model === "") {
    throw new ApiError(400, "you must provide a model parameter", { param: "model" });
  }
  if (model !== MODEL && !tuned.has(model)) {
    const message = model.startsWith(`ft:${MODEL}`)
      ? `The model \`${model}\` does not exist (any more): the stand-in forgets its tuned models when it ends.`
      : `The model \`${model}\` does not exist: this is the stand-in, its only model is \`${MODEL}\`.`;
    throw new ApiError(404, message, { param: "model", code: "model_not_found" });
  }
  return model;
}

interface Completion {
  id: string;
  model: string;
  text: string;
  finishReason: "stop" | "length";
  promptTokens: number;
  completionTokens: number;
  stream: boolean;
  streamUsage: boolean;
}

function complete(body: Record<string, unknown>, tuned: Map<string, Learned>): Completion {
  const model = checkModel(body.model, tuned);
  const messages = readMessages(body.messages);
  const { format, schema } = readFormat(body.response_format);
  const most = body.max_completion_tokens ?? body.max_tokens ?? Number.POSITIVE_INFINITY;
  if (typeof most !== "number" || most < 1) {
    throw new ApiError(400, "max_completion_tokens must be a number of at least 1", { param: "max_completion_tokens" });
  }
  // Its lines are about customers' plain messages; in all that is asked in another shape it is the stand-in.
  const asked = messages.findLast(({ role }) => role === "user")?.text ?? "";
  const isPlain = format === "text" && Object.keys(readSections(asked)).length === 0;
  const known = isPlain ? (tuned.get(model)?.answer(asked) ?? null) : null;
  const { text, cut } = cutToTokens(known ?? answerChat({ messages, format, schema }), most);
  return {
    id: `chatcmpl-${hash(JSON.stringify(body)).toString(16).padStart(8, "0")}`,
    model,
    text,
    finishReason: cut ? "length" : "stop",
    // Three more for the frame of each message, as OpenAI counts.
    promptTokens: messages.reduce((sum, message) => sum + countTokens(message.text) + 3, 3),
    completionTokens: countTokens(text),
    stream: body.stream === true,
    streamUsage: isRecord(body.stream_options) && body.stream_options.include_usage === true,
  };
}

const ROLES = ["system", "developer", "user", "assistant", "tool"];

function readMessages(value: unknown): ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ApiError(400, "messages must be a list with at least one message", { param: "messages" });
  }
  return value.map((message: unknown, i) => {
    if (!isRecord(message) || typeof message.role !== "string" || !ROLES.includes(message.role)) {
      throw new ApiError(400, `messages[${i}].role must be one of ${ROLES.join(", ")}`, {
        param: `messages[${i}].role`,
      });
    }
    const { role, content } = message;
    if (typeof content === "string") return { role, text: content };
    if (content === null || content === undefined) return { role, text: "" };
    if (!Array.isArray(content)) {
      throw new ApiError(400, `messages[${i}].content must be a text or a list of parts`, {
        param: `messages[${i}].content`,
      });
    }
    const parts = content.map((part: unknown) => (isRecord(part) && typeof part.text === "string" ? part.text : ""));
    return { role, text: parts.join("") };
  });
}

function readFormat(value: unknown): { format: string; schema?: Schema } {
  if (value === undefined || value === null) return { format: "text" };
  if (!isRecord(value) || !["text", "json_object", "json_schema"].includes(String(value.type))) {
    throw new ApiError(400, "response_format.type must be text, json_object or json_schema", {
      param: "response_format",
    });
  }
  const format = String(value.type);
  if (format !== "json_schema") return { format };
  const { json_schema: named } = value;
  if (!isRecord(named) || !isRecord(named.schema) || typeof named.name !== "string") {
    throw new ApiError(400, "response_format.json_schema needs a name and a schema", {
      param: "response_format.json_schema",
    });
  }
  return { format, schema: named.schema as Schema };
}

function usageOf({ promptTokens, completionTokens }: Completion) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

function completionBody(completion: Completion) {
  const message = { role: "assistant", content: completion.text, refusal: null };
  return {
    id: completion.id,
    object: "chat.completion",
    created: CREATED,
    model: completion.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: completion.finishReason }],
    usage: usageOf(completion),
  };
}

function streamCompletion(response: ServerResponse, completion: Completion): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  const frame = { id: completion.id, object: "chat.completion.chunk", created: CREATED, model: completion.model };
  const send = (more: object) => response.write(`data: ${JSON.stringify({ ...frame, ...more })}\n\n`);
  const delta = (part: object, finish: string | null = null) =>
    send({ choices: [{ index: 0, delta: part, logprobs: null, finish_reason: finish }] });
  delta({ role: "assistant", content: "" });
  for (const word of completion.text.match(/\s*\S+|\s+$/g) ?? []) delta({ content: word });
  delta({}, completion.finishReason);
  if (completion.streamUsage) send({ choices: [], usage: usageOf(completion) });
  response.end("data: [DONE]\n\n");
}

function embeddings(body: Record<string, unknown>, tuned: Map<string, Learned>) {
  checkModel(body.model, tuned);
  const inputs = typeof body.input === "string" ? [body.input] : body.input;
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every((input) => typeof input === "string")) {
    throw new ApiError(400, "input must be a text or a list of texts", { param: "input" });
  }
  const dimensions = typeof body.dimensions === "number" ? Math.trunc(body.dimensions) : undefined;
  if (dimensions !== undefined && (dimensions < 1 || dimensions > 4096)) {
    throw new ApiError(400, "dimensions must be from 1 to 4096", { param: "dimensions" });
  }
  const tokens = inputs.reduce((sum: number, input: string) => sum + countTokens(input), 0);
  const data = inputs.map((input: string, index) => {
    const vector = embed(input, dimensions);
    const embedding =
      body.encoding_format === "base64" ? Buffer.from(new Float32Array(vector).buffer).toString("base64") : vector;
    return { object: "embedding", index, embedding };
  });
  return { object: "list", data, model: MODEL, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}
