import { filteredAnswer, openAiError, type Profile, rateHeaders, type Say, seconds, type Told } from "../profile.ts";

/** OpenAI and Azure, whose words most others imitate. */

const limited =
  (unit: "RPM" | "TPM"): Say =>
  ({ model, limit, asked, waitMs, limits }) => {
    const type = unit === "RPM" ? "requests" : "tokens";
    const text = `Rate limit reached for ${model} in organization org-simulated on ${type} per min (${unit}): Limit ${limit}, Requested ${asked}. Please try again in ${(waitMs / 1000).toFixed(3)}s.`;
    const headers = {
      "retry-after": seconds(waitMs),
      "retry-after-ms": String(waitMs),
      ...rateHeaders(used(limits, type)),
    };
    return openAiError(429, text, { type, code: "rate_limit_exceeded" }, headers);
  };

/** A limit that was just met has nothing left, whatever a minute's sum says. */
function used({ requests, tokens }: Told["limits"], met: "requests" | "tokens"): Told["limits"] {
  return {
    requests: requests && (met === "requests" ? { ...requests, remaining: 0 } : requests),
    tokens: tokens && (met === "tokens" ? { ...tokens, remaining: 0 } : tokens),
  };
}

export const openai: Profile = {
  title: "OpenAI",
  window: "second",
  charges: "reserved_then_used",
  refusedCount: true,
  // As its reasoning models do.
  takes: { max_tokens: "refused", temperature: "refused" },
  headers: (limits) => rateHeaders(limits),
  says: {
    requests: limited("RPM"),
    tokens: limited("TPM"),
    // The same code as a limit that passes; only the numbers tell.
    too_large: ({ model, limit, asked }) =>
      openAiError(
        429,
        `Request too large for ${model} in organization org-simulated on tokens per min (TPM): Limit ${limit}, Requested ${asked}. The input or output tokens must be reduced in order to run successfully.`,
        { type: "tokens", code: "rate_limit_exceeded" },
      ),
    concurrency: () =>
      openAiError(
        429,
        "You are sending requests too quickly.",
        { type: "requests", code: "slow_down" },
        { "retry-after": "1" },
      ),
    daily: ({ waitMs, limit, model }) =>
      openAiError(
        429,
        `Rate limit reached for ${model} on requests per day (RPD): Limit ${limit}, Used ${limit}, Requested 1.`,
        { type: "requests", code: "rate_limit_exceeded" },
        { "retry-after": seconds(waitMs) },
      ),
    no_money: () =>
      openAiError(429, "You exceeded your current quota, please check your plan and billing details.", {
        type: "insufficient_quota",
        code: "credit_balance_exhausted",
      }),
    moderated: () =>
      openAiError(400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy.", {
        code: "invalid_prompt",
      }),
    filtered: ({ model }) =>
      filteredAnswer(model, { role: "assistant", content: null, refusal: "I'm sorry, I can't help with that." }),
    no_permission: () =>
      openAiError(403, "Country, region, or territory not supported", {
        type: "request_forbidden",
        code: "unsupported_country_region_territory",
      }),
    parameter: ({ param }) => {
      const text =
        param === "temperature"
          ? "Unsupported value: 'temperature' does not support this value with this model. Only the default (1) value is supported."
          : `Unsupported parameter: '${param}' is not supported with this model. Use 'max_completion_tokens' instead.`;
      return openAiError(400, text, {
        param,
        code: param === "temperature" ? "unsupported_value" : "unsupported_parameter",
      });
    },
  },
};

const azureLimited =
  (what: "token" | "call"): Say =>
  ({ waitMs, limits }) => {
    const wait = seconds(waitMs);
    const text = `Requests to the ChatCompletions_Create Operation have exceeded ${what} rate limit of your current OpenAI S0 pricing tier. Please retry after ${wait} seconds.`;
    const headers = { "retry-after": wait, "retry-after-ms": String(waitMs), ...rateHeaders(limits, seconds) };
    return openAiError(429, text, { type: null, code: "429" }, headers);
  };

export const azure: Profile = {
  title: "Azure OpenAI (v1)",
  window: "second",
  charges: "reserved",
  takes: openai.takes,
  headers: (limits) => rateHeaders(limits, seconds),
  says: {
    parameter: openai.says.parameter,
    requests: azureLimited("call"),
    tokens: azureLimited("token"),
    concurrency: azureLimited("call"),
    daily: azureLimited("token"),
    no_money: () => openAiError(403, "The resource is temporarily blocked.", { type: null, code: "403" }),
    moderated: () => {
      const message =
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.";
      const innererror = {
        code: "ResponsibleAIPolicyViolation",
        content_filter_result: { violence: { filtered: true, severity: "medium" } },
      };
      return {
        status: 400,
        body: { error: { message, type: null, param: "prompt", code: "content_filter", status: 400, innererror } },
      };
    },
    filtered: ({ model }) => filteredAnswer(model, { role: "assistant" }),
    bad_key: () =>
      openAiError(401, "Access denied due to invalid subscription key or wrong API endpoint.", {
        type: null,
        code: "401",
      }),
    no_permission: () =>
      openAiError(403, "Access denied due to Virtual Network/Firewall rules.", { type: null, code: "403" }),
    unknown_model: () =>
      openAiError(404, "The API deployment for this resource does not exist.", {
        type: null,
        code: "DeploymentNotFound",
      }),
    overload: () => ({ status: 503, body: "upstream connect error or disconnect/reset before headers" }),
  },
};
