import type { MeterState, Window } from "./meter.ts";

/** Everything a provider may answer in place of a completion. */
export const REFUSALS = [
  "requests",
  "tokens",
  "too_large",
  "concurrency",
  "daily",
  "no_money",
  "moderated",
  "filtered",
  "overload",
  "bad_key",
  "no_permission",
  "unknown_model",
  "context",
  "parameter",
  "html",
  "error_in_200",
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What a refusal can say of the call and its limits. */
export interface Told {
  now: number;
  /** Until the call may be made; infinite where it never may. */
  waitMs: number;
  /** The limit that was met, and what the call asked of it. */
  limit: number;
  asked: number;
  model: string;
  /** The parameter that is not taken. */
  param: string;
  limits: LimitStates;
}

export interface LimitStates {
  requests: MeterState | null;
  tokens: MeterState | null;
}

export interface Reply {
  status: number;
  /** JSON, or text as it is. */
  body: unknown;
  headers?: Record<string, string>;
}

export type Say = (told: Told) => Reply;

/** Parameters on which servers differ: taken, passed over in silence, or refused. */
export const PARAMETERS = ["max_completion_tokens", "max_tokens", "temperature", "json_schema", "json_object"] as const;
export type Parameter = (typeof PARAMETERS)[number];
export type Taken = "yes" | "ignored" | "refused";

/** How one provider limits, refuses and errs. */
export interface Profile {
  title: string;
  window: Window;
  /** What it allows by default, as far as it publishes one number. */
  rpm?: number;
  tpm?: number;
  concurrency?: number;
  /** Calls over the concurrency wait for their turn instead of being refused; so many of them at most. */
  queue?: number;
  /** What a call costs of the tokens a minute: its prompt and longest answer, that until it is done, or what it used. */
  charges: "reserved" | "reserved_then_used" | "used";
  /** Refused calls count against the requests a minute. */
  refusedCount?: boolean;
  takes?: Partial<Record<Parameter, Taken>>;
  /** On completions. */
  headers?(limits: LimitStates, now: number): Record<string, string>;
  says: Partial<Record<Refusal, Say>>;
}

/** Whole seconds, never fewer than the wait. */
export const seconds = (ms: number) => String(Math.max(1, Math.ceil(ms / 1000)));

/** As Go writes a duration: `12ms`, `7.66s`, `2m59.56s`. */
export function goDuration(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const rest = `${Number(((ms % 60_000) / 1000).toFixed(2))}s`;
  const minutes = Math.floor(ms / 60_000);
  const hours = Math.floor(minutes / 60);
  return `${hours > 0 ? `${hours}h` : ""}${minutes > 0 ? `${minutes % 60}m` : ""}${rest}`;
}

type About = { type?: string | null; code?: string | number | null; param?: string | null };

/** `{"error": {message, type, param, code}}`, OpenAI's own and what most others imitate. */
export function openAiError(
  status: number,
  message: string,
  { type = "invalid_request_error", code = null, param = null }: About = {},
  headers: Record<string, string> = {},
): Reply {
  return { status, body: { error: { message, type, param, code } }, headers };
}

/** `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, with the resets as this provider writes them. */
export function rateHeaders(
  { requests, tokens }: LimitStates,
  writeReset: (ms: number) => string = goDuration,
): Record<string, string> {
  const of = (name: string, state: MeterState | null): Record<string, string> =>
    state === null
      ? {}
      : {
          [`x-ratelimit-limit-${name}`]: String(state.limit),
          [`x-ratelimit-remaining-${name}`]: String(state.remaining),
          [`x-ratelimit-reset-${name}`]: writeReset(state.resetMs),
        };
  return { ...of("requests", requests), ...of("tokens", tokens) };
}

const HTML = (status: number, what: string) =>
  `<!DOCTYPE html><html><head><title>${status}: ${what}</title></head><body><center><h1>Error ${status}</h1><p>${what}</p></center><hr>cloudflare</body></html>`;

/** A completion that the provider's filter stopped: 200, and nothing in it. */
export function filteredAnswer(model: string, message: object = { role: "assistant", content: "" }): Reply {
  const choices = [{ index: 0, message, finish_reason: "content_filter" }];
  const usage = { prompt_tokens: 20, completion_tokens: 0, total_tokens: 20 };
  return { status: 200, body: { id: "chatcmpl-filtered", object: "chat.completion", model, choices, usage } };
}

/** What is said where a provider's own words are not known: OpenAI's shape, and the plain meaning of the status. */
const ANYONE: Record<Refusal, Say> = {
  requests: ({ waitMs }) =>
    openAiError(
      429,
      "Rate limit reached",
      { type: "requests", code: "rate_limit_exceeded" },
      { "retry-after": seconds(waitMs) },
    ),
  tokens: ({ waitMs }) =>
    openAiError(
      429,
      "Rate limit reached",
      { type: "tokens", code: "rate_limit_exceeded" },
      { "retry-after": seconds(waitMs) },
    ),
  too_large: () => openAiError(413, "Request too large"),
  concurrency: () => openAiError(429, "Too many concurrent requests", { type: "rate_limit_error" }),
  daily: () => openAiError(429, "Daily request limit reached", { type: "requests", code: "rate_limit_exceeded" }),
  no_money: () => openAiError(402, "Insufficient balance"),
  moderated: () =>
    openAiError(400, "The prompt was flagged by the content policy", { code: "content_policy_violation" }),
  filtered: ({ model }) => filteredAnswer(model),
  overload: () => openAiError(503, "The server is overloaded, try again later", { type: "server_error" }),
  bad_key: () => openAiError(401, "Incorrect API key provided", { code: "invalid_api_key" }),
  no_permission: () =>
    openAiError(403, "You do not have permission to use this resource", { code: "permission_denied" }),
  unknown_model: ({ model }) =>
    openAiError(404, `The model \`${model}\` does not exist`, { code: "model_not_found", param: "model" }),
  context: ({ limit, asked }) =>
    openAiError(
      400,
      `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${asked} tokens.`,
      { code: "context_length_exceeded", param: "messages" },
    ),
  parameter: ({ param }) => openAiError(400, `Unsupported parameter: '${param}'.`, { param }),
  html: () => ({ status: 524, body: HTML(524, "A timeout occurred") }),
  error_in_200: () => ({ ...openAiError(502, "Provider returned error", { type: null, code: 502 }), status: 200 }),
};

/** How this provider says no. */
export function refusalOf({ says }: Profile, refusal: Refusal, told: Told): Reply {
  return (says[refusal] ?? ANYONE[refusal])(told);
}
