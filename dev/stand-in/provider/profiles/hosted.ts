import { goDuration, openAiError, type Profile, type Reply, rateHeaders, seconds } from "../profile.ts";

/** Other hosts that answer in OpenAI's shape, each with its own statuses, codes and headers. */

export const anthropic: Profile = {
  title: "Anthropic (compatibility layer)",
  window: "bucket",
  charges: "used",
  // A JSON format is passed over in silence: 200, and free text.
  takes: { json_schema: "ignored", json_object: "ignored" },
  headers: (limits, now) => rateHeaders(limits, (ms) => new Date(now + ms).toISOString()),
  says: {
    requests: ({ waitMs }) => anthropicLimited("requests", waitMs),
    tokens: ({ waitMs }) => anthropicLimited("input tokens", waitMs),
    concurrency: () => anthropicLimited("concurrent connections", 1_000),
    daily: () => spendLimit(),
    no_money: () =>
      openAiError(402, "Your credit balance is too low to access the Anthropic API.", { type: "billing_error" }),
    moderated: () => openAiError(400, "Output blocked by content filtering policy"),
    bad_key: () => openAiError(401, "invalid x-api-key", { type: "authentication_error" }),
    no_permission: () => openAiError(403, "Your API key does not have permission", { type: "permission_error" }),
    unknown_model: ({ model }) => openAiError(404, `model: ${model}`, { type: "not_found_error" }),
    overload: () => openAiError(529, "Overloaded", { type: "overloaded_error" }),
    context: ({ asked, limit }) => openAiError(400, `prompt is too long: ${asked} tokens > ${limit} maximum`),
    too_large: () => openAiError(413, "Request exceeds the maximum size", { type: "request_too_large" }),
  },
};

function anthropicLimited(what: string, waitMs: number): Reply {
  const message = `This request would exceed your organization's rate limit on ${what} per minute.`;
  return openAiError(429, message, { type: "rate_limit_error" }, { "retry-after": seconds(waitMs) });
}

/** Until the first of the month; no `retry-after`. */
function spendLimit(): Reply {
  const message = "Your organization has reached its spend limit for this month.";
  const details = { error_code: "enforced_spend_limit_reached" };
  return { status: 429, body: { error: { message, type: "rate_limit_error", details } } };
}

export const groq: Profile = {
  title: "Groq",
  window: "minute",
  charges: "used",
  takes: { json_schema: "refused" },
  // Requests are told per day, tokens per minute.
  headers: ({ requests, tokens }) => ({
    ...rateHeaders({ requests: null, tokens }),
    ...(requests &&
      rateHeaders({ requests: { ...requests, limit: 14_400, remaining: 14_370, resetMs: 179_560 }, tokens: null })),
  }),
  says: {
    requests: ({ waitMs, limit }) => groqLimited("requests per minute (RPM)", "requests", limit, waitMs),
    tokens: ({ waitMs, limit }) => groqLimited("tokens per minute (TPM)", "tokens", limit, waitMs),
    daily: ({ waitMs, limit }) => groqLimited("requests per day (RPD)", "requests", limit, waitMs),
    too_large: ({ model, limit, asked }) =>
      openAiError(
        413,
        `Request too large for model \`${model}\` on tokens per minute (TPM): Limit ${limit}, Requested ${asked}, please reduce your message size and try again.`,
        { type: "tokens", code: "rate_limit_exceeded" },
      ),
    overload: () =>
      openAiError(498, "Flex tier capacity exceeded", { type: "server_error", code: "capacity_exceeded" }),
    bad_key: () => openAiError(401, "Invalid API Key", { code: "invalid_api_key" }),
    no_permission: () =>
      openAiError(400, "Organization has been restricted. Please reach out to support.", {
        code: "organization_restricted",
      }),
    parameter: () =>
      openAiError(400, "This model does not support response format `json_schema`.", { param: "response_format" }),
  },
};

function groqLimited(what: string, type: string, limit: number, waitMs: number): Reply {
  const message = `Rate limit reached for model in organization \`org_simulated\` service tier \`on_demand\` on ${what}: Limit ${limit}, Used ${limit}, Requested 1. Please try again in ${goDuration(waitMs)}.`;
  return openAiError(429, message, { type, code: "rate_limit_exceeded" }, { "retry-after": seconds(waitMs) });
}

export const together: Profile = {
  title: "Together",
  window: "bucket",
  charges: "used",
  says: {
    requests: ({ waitMs }) =>
      openAiError(
        429,
        "Your request rate exceeds your dynamic limit.",
        { type: "dynamic_request_limited" },
        { "x-ratelimit-reset": seconds(waitMs) },
      ),
    tokens: ({ waitMs }) =>
      openAiError(
        429,
        "Your token rate exceeds your dynamic limit.",
        { type: "dynamic_token_limited" },
        { "x-ratelimit-reset": seconds(waitMs) },
      ),
    no_money: () => openAiError(402, "You have reached your monthly spending cap."),
    overload: () =>
      openAiError(503, "The platform is overloaded; you were within your rate.", { type: "service_unavailable" }),
    context: ({ asked, limit }) =>
      openAiError(422, `\`inputs\` tokens + \`max_new_tokens\` must be <= ${limit}. Given: ${asked} \`inputs\` tokens`),
    html: () => ({ status: 524, body: "<html><title>524: A timeout occurred</title></html>" }),
  },
};

export const fireworks: Profile = {
  title: "Fireworks",
  window: "bucket",
  charges: "used",
  headers: ({ requests, tokens }) => ({
    ...(requests && {
      "x-ratelimit-limit-requests": String(requests.limit),
      "x-ratelimit-remaining-requests": String(requests.remaining),
      // A warning on an answer that came.
      ...(requests.remaining < requests.limit / 10 && { "x-ratelimit-over-limit": "yes" }),
    }),
    ...(tokens && {
      "x-ratelimit-limit-tokens-prompt": String(tokens.limit),
      "x-ratelimit-remaining-tokens-prompt": String(tokens.remaining),
    }),
  }),
  says: {
    requests: () => openAiError(429, "Rate limit exceeded, please try again later", { type: "rate_limit_error" }),
    tokens: () => openAiError(429, "Rate limit exceeded, please try again later", { type: "rate_limit_error" }),
    no_money: () => openAiError(412, "Account is suspended, possibly due to reaching the monthly spending limit"),
    bad_key: () => openAiError(403, "unauthorized", { type: "error" }),
    unknown_model: () => openAiError(404, "Model not found, inaccessible, and/or not deployed", { code: "NOT_FOUND" }),
  },
};

export const deepseek: Profile = {
  title: "DeepSeek",
  window: "minute",
  charges: "used",
  takes: { json_schema: "refused" },
  says: {
    concurrency: () => openAiError(429, "Rate limit reached: too many concurrent requests", { code: "rate_limit" }),
    no_money: () => openAiError(402, "Insufficient Balance", { type: "unknown_error", code: "invalid_request_error" }),
    // Only the text tells it from any other bad request.
    moderated: () => openAiError(400, "Content Exists Risk", { code: "invalid_request_error" }),
    bad_key: () =>
      openAiError(401, "Authentication Fails (no such user)", {
        type: "authentication_error",
        code: "invalid_request_error",
      }),
    unknown_model: () => openAiError(400, "Model Not Exist", { code: "invalid_request_error" }),
    overload: () => openAiError(503, "Service is too busy.", { type: "service_unavailable_error" }),
    parameter: () =>
      openAiError(400, "This response_format type is unavailable now", { code: "invalid_request_error" }),
  },
};
