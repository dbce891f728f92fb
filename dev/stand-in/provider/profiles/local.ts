import { openAiError, type Profile } from "../profile.ts";

/** Servers on one's own machine: no limits, no moderation; they queue, and get slow. */

const UNLIMITED_QUEUE = Number.POSITIVE_INFINITY;

export const ollama: Profile = {
  title: "Ollama",
  window: "minute",
  concurrency: 1,
  queue: 512,
  charges: "used",
  takes: { max_completion_tokens: "ignored" },
  says: {
    concurrency: () =>
      openAiError(503, "server busy, please try again.  maximum pending requests exceeded", { type: "api_error" }),
    overload: () => openAiError(500, "model runner has unexpectedly stopped", { type: "api_error" }),
    unknown_model: ({ model }) =>
      openAiError(404, `model "${model}" not found, try pulling it first`, { type: "not_found_error" }),
  },
};

export const vllm: Profile = {
  title: "vLLM",
  window: "minute",
  queue: UNLIMITED_QUEUE,
  charges: "used",
  says: {
    bad_key: () => ({ status: 401, body: { error: "Unauthorized" } }),
    unknown_model: ({ model }) =>
      openAiError(404, `The model \`${model}\` does not exist.`, { type: "NotFoundError", param: "model", code: 404 }),
    context: ({ limit, asked }) =>
      openAiError(
        400,
        `This model's maximum context length is ${limit} tokens. However, your request has ${asked} input tokens.`,
        { type: "BadRequestError", code: 400 },
      ),
    error_in_200: () => ({
      status: 200,
      body: { object: "error", message: "EngineCore died", type: "InternalServerError", param: null, code: 500 },
    }),
  },
};

export const llamaCpp: Profile = {
  title: "llama.cpp",
  window: "minute",
  concurrency: 4,
  queue: UNLIMITED_QUEUE,
  charges: "used",
  says: {
    bad_key: () => openAiError(401, "Invalid API Key", { type: "authentication_error", code: 401 }),
    overload: () => openAiError(503, "Loading model", { type: "unavailable_error", code: 503 }),
    context: ({ limit, asked }) => ({
      status: 400,
      body: {
        error: {
          code: 400,
          message: "the request exceeds the available context size, try increasing it",
          type: "exceed_context_size_error",
          n_prompt_tokens: asked,
          n_ctx: limit,
        },
      },
    }),
  },
};

export const lmStudio: Profile = {
  title: "LM Studio",
  window: "minute",
  concurrency: 4,
  queue: UNLIMITED_QUEUE,
  charges: "used",
  takes: { json_object: "refused" },
  says: {
    parameter: () => ({ status: 400, body: { error: "'response_format.type' must be 'json_schema' or 'text'" } }),
    context: ({ limit }) => ({
      status: 400,
      body: {
        error: `Trying to keep the first ${limit} tokens when context the overflows. However, the model is loaded with context length of only ${limit} tokens.`,
      },
    }),
    unknown_model: () => ({
      status: 404,
      body: {
        error: {
          message: "No models loaded. Please load a model.",
          type: "invalid_request_error",
          param: "model",
          code: "model_not_found",
        },
      },
    }),
    error_in_200: () => ({ status: 200, body: { error: "Unexpected endpoint or method. (POST /chat/completions)" } }),
  },
};
