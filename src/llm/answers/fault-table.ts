import { HOUR } from "../../lib/time.ts";
import type { Verdict } from "./fault.ts";
import type { Row, Seen } from "./fault-row.ts";

const below500 = (status: number) => status < 500;
const request = (code: (Verdict & { about: "request" })["code"]): Verdict => ({ about: "request", code });
const health = (code: (Verdict & { about: "health" })["code"]): Verdict => ({ about: "health", code });
const money = (code: (Verdict & { about: "money" })["code"]): Verdict => ({ about: "money", code, untilMs: null });
const quota: Verdict = { about: "quota", code: "quota_exhausted", untilMs: null };
const limit: Verdict = { about: "limit", code: "rate_limited", which: "unknown" };
const tooManyAtOnce: Verdict = { about: "limit", code: "too_many_at_once", which: "concurrency" };
const badAnswer: Verdict = { about: "answer", code: "malformed_answer" };
const setup = (
  code: (Verdict & { about: "setup" })["code"],
  scope: "account" | "model" = "account",
  sure = true,
): Verdict => ({ about: "setup", code, scope, sure });

/** A wait longer than this is no short limit but a quota. */
const LONGEST_SHORT_WAIT_MS = 6 * HOUR;

/** "Limit 30000, Requested 43586": more than ever fits, however long one waits. */
function neverFits({ said }: Seen): boolean {
  const [, most, asked] = /limit:? ([\d,]+).{0,60}requested:? ([\d,]+)/i.exec(said.message) ?? [];
  const number = (text = "") => Number(text.replaceAll(",", ""));
  return number(asked) > number(most);
}

const google = ({ said }: Seen) => said.codes.includes("resource_exhausted");

/*
 * Which provider answers what; the first row that fits decides. Sizes come before limits, because a request that never
 * fits is refused with the code of a limit; money and quotas before limits (they share 402, 403 and 429); moderation
 * before permission (they share 400 and 403); the status alone comes last. Texts are looked at only where they come
 * from the provider: a 400 may repeat what the customer wrote, about a blocked account or a wrong key, too.
 */
export const FAULT_TABLE: Row[] = [
  // Sizes.
  {
    is: request("context_too_long"),
    says: "The conversation is longer than the model takes",
    codes: ["context_length_exceeded", "exceed_context_size_error", "string_too_long", "token_limit_exceeded"],
    text: /maximum context length|context (size|length|limit|window) (has been |is |was )?exceeded|exceed(s|ed)? (the )?(model'?s |available )?(maximum )?context|context length of the model|longer than the model's context|maximum number of tokens allowed|`?inputs`? tokens \+ `?max_new_tokens`? must|input tokens exceed|current length is .* while limit is|prompt is too long|when context the overflows|max_tokens must be at least 1, got -/i,
  },
  {
    is: request("request_too_large"),
    says: "The request is larger than the account's limits ever allow",
    codes: ["weight_exceeds_budget", "request_too_large", "string_above_max_length"],
    cloudflare: ["3006"],
    text: /request too large|request entity too large/i,
    when: (seen) => seen.status === 413 || neverFits(seen),
  },
  // Money and quotas.
  {
    is: tooManyAtOnce,
    says: "Too many calls are under way at once",
    status: [200, 402, 429, 503],
    codes: ["openrouter_in_flight_budget", "in_flight_budget_exhausted"],
    text: /maximum pending requests exceeded|too many concurrent|concurrency limit|concurrent requests/i,
  },
  {
    is: money("spend_limit"),
    says: "A spending limit of the account is reached",
    status: below500,
    codes: [
      ...["organization_spend_limit_exceeded", "project_spend_limit_exceeded", "enforced_spend_limit_reached"],
      ...["openrouter_key_limit", "openrouter_guardrail_budget", "openrouter_workspace_budget"],
      ...["billing_hard_limit_reached"],
    ],
    text: /used all available credits or reached|reached your specified (api )?usage limits/i,
    when: (seen) =>
      !google(seen) &&
      [402, 403, 412, 429].includes(seen.status) &&
      /spend(ing)?[ -]limit|monthly (spend(ing)? )?cap|budget (limit )?(has been |is )?(exceeded|exhausted|reached)/i.test(
        seen.said.message,
      ),
  },
  {
    is: money("no_credit"),
    says: "The account behind OPENAI_API_KEY has no credit left",
    status: below500,
    codes: [
      "insufficient_quota",
      "credit_balance_exhausted",
      "billing_error",
      "billing_not_active",
      "openrouter_credits",
    ],
    text: /credit balance is too low/i,
    when: (seen) =>
      ([402, 403, 429].includes(seen.status) &&
        /credits are depleted|credits or licenses|requires more credits/i.test(seen.said.message)) ||
      (!google(seen) && seen.status === 429 && /exceeded your current quota/i.test(seen.said.message)),
  },
  {
    is: setup("no_permission", "model"),
    says: "The account's plan does not include this model",
    status: [429],
    text: /\blimit: 0\b/i,
  },
  {
    is: quota,
    says: "What the provider allows for the day or month is used up",
    status: [200, 402, 403, 429],
    codes: ["organization_usage_limit_exceeded"],
    cloudflare: ["3036", "4006"],
    text: /daily free allocation|free-models-per-day|\b(tokens|requests) per (day|month)\b|\b[TR]PD\b/i,
    when: ({ status, said, limits }) =>
      said.codes.some((code) => /perday|daily/.test(code)) ||
      (status === 429 &&
        (limits.dayUsedUp || Math.max(limits.retryAfterMs ?? 0, limits.exhaustedMs ?? 0) > LONGEST_SHORT_WAIT_MS)),
  },
  {
    is: limit,
    says: "The provider asks to go slower",
    status: [402],
    when: ({ limits }) => limits.retryAfterMs !== null,
  },
  { is: money("no_credit"), says: "The account behind OPENAI_API_KEY has no credit left", status: [402] },
  // Moderation.
  {
    is: request("refusal"),
    says: "The model refused to answer",
    status: below500,
    codes: ["refusal"],
  },
  {
    is: request("content_filter"),
    says: "The provider's moderation refused the text",
    status: below500,
    codes: ["content_filter", "content_policy_violation", "responsibleaipolicyviolation", "invalid_prompt"],
    cloudflare: ["2016", "2017", "3030"],
    when: ({ status, said }) =>
      status === 446 ||
      said.fields.has("flagged_input") ||
      (status === 403 && (said.fields.has("reasons") || said.fields.has("patterns"))),
  },
  {
    is: setup("account_blocked"),
    says: "The provider has blocked the account",
    status: below500,
    codes: ["organization_restricted", "account_deactivated"],
    cloudflare: ["3023"],
    when: ({ status, said }) =>
      [401, 403, 412].includes(status) &&
      /(account|organi[sz]ation|team|project|resource|api key) [^.]{0,40}(suspended|blocked|banned|restricted|denied access)/i.test(
        said.message,
      ),
  },
  {
    is: request("content_filter"),
    says: "The provider's moderation refused the text",
    status: below500,
    text: /violat\w+ (our |the )?(usage|content) (policy|policies|guidelines)|content filtering policy|prohibited content|blocked by safety settings|content exists risk|safety_check_type|prompt blocked|output has been flagged|flagged (as|by|for)/i,
  },
  // What the model wrote did not fit.
  {
    is: badAnswer,
    says: "The model wrote no JSON of the form asked for",
    codes: ["json_validate_failed", "tool_use_failed"],
    text: /json mode couldn't be met|hallucinat/i,
    when: ({ said }) => said.fields.has("failed_generation"),
  },
  // Key, account, region, model, address.
  {
    is: setup("region_blocked"),
    says: "The provider does not serve the region the request came from",
    status: below500,
    codes: ["unsupported_country_region_territory"],
    text: /user location is not supported|country, region,? or territory/i,
  },
  {
    is: setup("unknown_model", "model"),
    says: "The provider does not know this model, or does not offer it to this account",
    codes: ["model_not_found", "deploymentnotfound", "unknown_model", "invalid_model"],
    cloudflare: ["5007", "3042"],
    text: /no endpoints found|is not a valid model id|model not exist|try pulling it first|no longer available to new users|no models loaded|does not have access to model/i,
    when: ({ status, said }) =>
      (status === 404 && (said.param === "model" || /\bmodels?\b/i.test(said.message))) ||
      (status === 503 && /no (available|allowed) [^.]{0,40}provider|routing requirements/i.test(said.message)) ||
      (status === 412 && /\blora\b/i.test(said.message)),
  },
  {
    is: setup("no_permission", "model"),
    says: "The account may not use this model",
    cloudflare: ["5016", "5018", "3041"],
  },
  {
    is: setup("wrong_address"),
    says: "There is no chat at this address; look at OPENAI_BASE_URL",
    cloudflare: ["7003", "2001"],
    when: ({ status, said }) =>
      (status >= 300 && status < 400) || (status === 200 && /^unexpected endpoint/i.test(said.message)),
  },
  {
    is: setup("no_permission"),
    says: "The account may not do this",
    status: below500,
    codes: [
      "permission_error",
      "permission_denied",
      "request_forbidden",
      "insufficient_permissions",
      "ip_not_authorized",
    ],
  },
  {
    is: setup("bad_key"),
    says: "OPENAI_API_KEY was refused",
    status: below500,
    codes: ["invalid_api_key", "api_key_invalid", "authentication_error"],
    cloudflare: ["10000", "2009"],
    text: /(incorrect|invalid) api key provided|^invalid api key|api key not valid\. please/i,
    when: ({ status }) => status === 401,
  },
  // What the server does not take.
  {
    is: { about: "parameter", code: "unsupported_parameter", parameter: "" },
    says: "The server does not take a parameter of the request",
    status: [200, 400, 422],
    when: ({ parameter }) => parameter !== null,
  },
  // Overload and limits.
  {
    is: health("overloaded"),
    says: "The provider is busy",
    status: (status) => status === 200 || status >= 429,
    codes: [
      ...["service_tier_capacity_exceeded", "3505", "overloaded_error", "capacity_exceeded", "provider_overloaded"],
      ...["unavailable_error", "unavailable"],
    ],
    cloudflare: ["3040"],
    text: /service tier capacity exceeded|service is currently unavailable|server overloaded/i,
  },
  {
    is: health("timeout"),
    says: "The provider did not answer in time",
    status: (status) => [408, 499, 504, 524].includes(status) || status === 200,
    cloudflare: ["3007", "3008", "3046"],
    when: ({ status }) => status !== 200,
  },
  {
    is: limit,
    says: "The provider asks to go slower",
    codes: [
      ...["rate_limit_exceeded", "rate_limit_error", "rate_limited", "resource_exhausted", "too_many_requests"],
      ...["slow_down"],
    ],
    cloudflare: ["3021", "2003"],
    when: ({ status }) => status === 429,
  },
  { is: health("overloaded"), says: "The provider is busy", status: [498, 503, 529] },
  {
    is: health("provider_error"),
    says: "The provider has trouble",
    status: (status) => status >= 500 || [200, 409, 424, 425].includes(status),
  },
  // The status alone, which may mislead: one such answer is not yet a verdict on the key.
  { is: setup("no_permission", "account", false), says: "The provider refuses access", status: [403, 407] },
  { is: setup("account_blocked", "account", false), says: "The provider refuses the account", status: [412] },
  {
    is: setup("wrong_address", "account", false),
    says: "There is no chat at this address, or no such model; look at OPENAI_BASE_URL",
    status: [404, 405, 410],
  },
];
