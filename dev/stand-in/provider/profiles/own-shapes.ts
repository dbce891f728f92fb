import { type Profile, type Reply, seconds, type Told } from "../profile.ts";

/** Providers whose errors have a shape of their own. */

const routed = (status: number, message: string, metadata: object = {}, headers = {}): Reply => ({
  status,
  body: { error: { code: status, message, metadata } },
  headers,
});

const upstream = ({ waitMs }: Told) =>
  routed(
    429,
    "Provider returned error",
    {
      raw: "simulated/model is temporarily rate-limited upstream. Please retry shortly, or add your own key.",
      provider_name: "Simulated",
      error_type: "rate_limit_exceeded",
      limit_source: "upstream_provider_shared_pool",
      is_byok: false,
    },
    { "retry-after": seconds(waitMs) },
  );

/** No headers on completions: its limits show only when they are met. */
export const openrouter: Profile = {
  title: "OpenRouter",
  window: "bucket",
  charges: "used",
  says: {
    requests: upstream,
    tokens: upstream,
    concurrency: ({ waitMs }) =>
      routed(
        402,
        "This request would exceed your in-flight budget.",
        { limit_source: "openrouter_in_flight_budget", reason: "in_flight_budget_exhausted" },
        { "retry-after": seconds(waitMs) },
      ),
    daily: ({ now, waitMs, limit }) =>
      routed(
        429,
        "Rate limit exceeded: free-models-per-day. Add credits to unlock more free model requests per day",
        {
          headers: {
            "X-RateLimit-Limit": String(limit),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": String(now + waitMs),
          },
        },
        { "x-ratelimit-limit": String(limit), "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now + waitMs) },
      ),
    no_money: () =>
      routed(402, "This request requires more credits, or fewer max_tokens.", { limit_source: "openrouter_credits" }),
    // The status of no permission; the metadata tells.
    moderated: () =>
      routed(403, "Your chosen model requires moderation and your input was flagged", {
        reasons: ["violence"],
        flagged_input: "…",
        provider_name: "Simulated",
        model_slug: "simulated/model",
      }),
    bad_key: () => routed(401, "No auth credentials found"),
    no_permission: () =>
      routed(403, "Your key is not permitted to use this model", { error_type: "permission_denied" }),
    unknown_model: ({ model }) => routed(400, `${model} is not a valid model ID`),
    overload: () =>
      routed(503, "Provider returned error", { raw: "upstream overloaded", error_type: "provider_overloaded" }),
    context: ({ limit, asked }) =>
      routed(
        400,
        `This endpoint's maximum context length is ${limit} tokens. However, you requested about ${asked} tokens.`,
        {
          error_type: "context_length_exceeded",
        },
      ),
    // Once a model has begun the status stays 200.
    error_in_200: () => ({ ...routed(502, "Provider returned error", { raw: "upstream error" }), status: 200 }),
  },
};

/** Google wraps its errors in an array. */
function google(code: number, status: string, message: string, details: object[] = []): Reply {
  return { status: code, body: [{ error: { code, message, status, details } }] };
}

function googleQuota({ waitMs, limit }: Told, quotaId: string): Reply {
  const wait = `${(waitMs / 1000).toFixed(2)}s`;
  const message = `You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: generate_content_requests, limit: ${limit}\nPlease retry in ${wait}.`;
  return google(429, "RESOURCE_EXHAUSTED", message, [
    { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [{ quotaId, quotaValue: String(limit) }] },
    { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: wait },
  ]);
}

export const gemini: Profile = {
  title: "Gemini (compatibility layer)",
  window: "minute",
  charges: "used",
  says: {
    requests: (told) => googleQuota(told, "GenerateRequestsPerMinutePerProjectPerModel"),
    tokens: (told) => googleQuota(told, "GenerateContentInputTokensPerModelPerMinute"),
    concurrency: (told) => googleQuota(told, "GenerateRequestsPerMinutePerProjectPerModel"),
    daily: (told) => googleQuota(told, "GenerateRequestsPerDayPerProjectPerModel"),
    no_money: () => google(402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
    moderated: ({ model }) => ({
      status: 200,
      body: {
        object: "chat.completion",
        model,
        choices: [],
        usage: { prompt_tokens: 20, completion_tokens: 0, total_tokens: 20 },
      },
    }),
    bad_key: () =>
      google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [
        { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" },
      ]),
    no_permission: () => google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    unknown_model: ({ model }) => google(404, "NOT_FOUND", `models/${model} is not found for API version v1main`),
    overload: () => google(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    context: ({ asked, limit }) =>
      google(
        400,
        "INVALID_ARGUMENT",
        `The input token count (${asked}) exceeds the maximum number of tokens allowed (${limit}).`,
      ),
  },
};

/** Mistral's errors stand flat, without `error` around them. */
const flat = (status: number, message: string, type: string, code: string | null, headers = {}): Reply => ({
  status,
  body: { object: "error", message, type, param: null, code, raw_status_code: status },
  headers,
});

export const mistral: Profile = {
  title: "Mistral",
  window: "second",
  charges: "used",
  takes: { max_completion_tokens: "refused" },
  headers: ({ requests, tokens }) => ({
    ...(requests && {
      "x-ratelimit-limit-req-minute": String(requests.limit),
      "x-ratelimit-remaining-req-minute": String(requests.remaining),
    }),
    ...(tokens && {
      "x-ratelimit-limit-tokens-minute": String(tokens.limit),
      "x-ratelimit-remaining-tokens-minute": String(tokens.remaining),
    }),
  }),
  says: {
    requests: () => flat(429, "Rate limit exceeded", "rate_limited", "1300"),
    tokens: () => flat(429, "Rate limit exceeded", "rate_limited", "1300"),
    concurrency: () =>
      flat(429, "Service tier capacity exceeded for this model.", "service_tier_capacity_exceeded", "3505"),
    daily: () => flat(429, "Rate limit exceeded", "rate_limited", "1300", { "x-ratelimitbysize-remaining-month": "0" }),
    bad_key: () => ({ status: 401, body: { detail: "Unauthorized" } }),
    unknown_model: ({ model }) => flat(400, `Invalid model: ${model}`, "invalid_model", "1500"),
    overload: () => flat(503, "Service unavailable.", "internal_server_error", null),
    parameter: ({ param }) => ({
      status: 422,
      body: {
        detail: [{ type: "extra_forbidden", loc: ["body", param], msg: "Extra inputs are not permitted", input: null }],
      },
    }),
  },
};

const xaiError = (status: number, code: string, error: string): Reply => ({ status, body: { code, error } });

export const xai: Profile = {
  title: "xAI",
  window: "minute",
  charges: "used",
  says: {
    requests: () => xaiError(429, "Some resource has been exhausted", "Too many requests for team simulated."),
    tokens: () => xaiError(429, "Some resource has been exhausted", "Too many tokens for team simulated."),
    concurrency: () => xaiError(429, "Some resource has been exhausted", "Too many requests for team simulated."),
    no_money: () =>
      xaiError(
        403,
        "The caller does not have permission to execute the specified operation",
        "Your team simulated has either used all available credits or reached its monthly spending limit.",
      ),
    moderated: () =>
      xaiError(
        403,
        "The caller does not have permission to execute the specified operation",
        "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO",
      ),
    bad_key: () => xaiError(400, "Client specified an invalid argument", "Incorrect API key provided: xa***ey."),
    no_permission: () =>
      xaiError(
        403,
        "The caller does not have permission to execute the specified operation",
        "This API key is blocked.",
      ),
    unknown_model: ({ model }) =>
      xaiError(
        404,
        "Some requested entity was not found",
        `The model ${model} does not exist or your team does not have access to it.`,
      ),
    overload: () => xaiError(503, "The service is currently unavailable", "Service temporarily unavailable."),
    error_in_200: () => xaiError(200, "The service is currently unavailable", "Service temporarily unavailable."),
  },
};
