import { textWithoutPersonalData } from "../../guards/without-personal-data.ts";
import { excerpt } from "../../lib/text.ts";
import type { Fault, ProviderAnswer, Verdict } from "./fault.ts";
import { fits, type Seen } from "./fault-row.ts";
import { FAULT_TABLE } from "./fault-table.ts";
import { readError, type SaidError } from "./read-error.ts";
import { type Limits, limitsOf, parseReset } from "./read-limits.ts";

/**
 * What an answer that refuses or fails is about: this request, a limit, the account, the provider's health.
 * @param answer with an error status, or with status 200 and an error in its body or in an event of its stream
 */
export function whoseFault(answer: ProviderAnswer): Fault {
  const said = readError(answer.body);
  const limits = limitsOf(answer.headers, said, answer.at);
  const status = innerStatus(answer.status, said);
  const seen = { status, said, limits, parameter: parameterIn(said) };
  const row = FAULT_TABLE.find((row) => fits(row, seen)) ?? fallback(answer);
  const says = `${row.says} (status ${answer.status}).`;
  const reason = reasonOf(row.says, answer.status, said) ?? says;
  const retryAfterMs = limits.retryAfterMs ?? (row.is.about === "limit" ? waitFor(limits) : null);
  return { ...filled(row.is, seen, answer.at), reason, says, retryAfterMs };
}

/** An answer that never came, or broke off. */
export function lostAnswer(code: "timeout" | "connection_lost", reason: string): Fault {
  return { about: "health", code, reason, retryAfterMs: null };
}

/**
 * Servers that began to answer, and proxies that failed at what stands behind them, give the true status in the body.
 */
function innerStatus(outer: number, { status }: SaidError): number {
  if (status === null) return outer >= 200 && outer < 300 ? 200 : outer;
  return outer < 300 || outer >= 500 ? status : outer;
}

function fallback({ headers }: ProviderAnswer): { is: Verdict; says: string } {
  if (headers.get("x-should-retry") === "true") {
    return { is: { about: "health", code: "provider_error" }, says: "The provider has trouble" };
  }
  return { is: { about: "request", code: "request_rejected" }, says: "The provider rejects the request" };
}

/** The verdict with what only this answer says: which limit, which parameter, until when. */
function filled(verdict: Verdict, seen: Seen, at: number): Verdict {
  switch (verdict.about) {
    case "limit":
      return verdict.which === "unknown" ? { ...verdict, which: whichLimit(seen) } : verdict;
    case "parameter":
      return { ...verdict, parameter: seen.parameter ?? verdict.parameter };
    case "quota":
    case "money":
      return { ...verdict, untilMs: untilOf(seen, at) };
    default:
      return verdict;
  }
}

/** Together and OpenRouter say how long to wait in a reset that belongs to no count. */
function waitFor({ exhaustedMs, requests }: Limits): number | null {
  return exhaustedMs ?? (requests?.remaining === null ? requests.resetMs : null);
}

function whichLimit({ said, limits }: Seen): "requests" | "tokens" | "unknown" {
  const words = `${said.codes.join(" ")} ${said.message}`;
  if (/\btokens?\b|_token_|\bTPM\b|tokenspermi|tokencount/i.test(words)) return "tokens";
  if (/\brequests\b|dynamic_request|\bRPM\b|requestspermi|\bcall rate\b|\b3021\b/i.test(words)) return "requests";
  const used = (window: Limits["requests"]) => window?.remaining === 0;
  if (used(limits.tokens) === used(limits.requests)) return "unknown";
  return used(limits.tokens) ? "tokens" : "requests";
}

function untilOf({ said, limits }: Seen, at: number): number | null {
  const date = said.resetsAt ?? "";
  const ms = date === "" ? (limits.retryAfterMs ?? limits.exhaustedMs) : parseReset(date, at);
  // A date may be weeks ahead, further than any wait a header may ask for.
  const far = Date.parse(date);
  if (Number.isFinite(far)) return Math.max(far, at);
  if (ms !== null) return at + ms;
  return said.codes.includes("enforced_spend_limit_reached") ? nextMonth(at) : null;
}

/** Anthropic's own spending limit begins again with the month, UTC, and says so nowhere. */
function nextMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

const PARAMETERS = [
  ...["max_completion_tokens", "max_tokens", "temperature", "response_format", "top_p", "seed", "stop", "n"],
  ...["stream_options", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "reasoning_effort", "tools"],
];

/** Which of the parameters that can be left out a refusal names: first in its field, then in its words. */
function parameterIn({ param, message, html }: SaidError): string | null {
  const field = param?.split(".")[0] ?? "";
  if (PARAMETERS.includes(field)) return field;
  if (html) return null;
  const named = PARAMETERS.filter((name) => name.length > 4).map((name) => ({ name, at: message.indexOf(name) }));
  const [first] = named.filter(({ at }) => at >= 0).toSorted((a, b) => a.at - b.at || b.name.length - a.name.length);
  if (first) return first.name;
  return /response format|json_schema|json_object|structured output/i.test(message) ? "response_format" : null;
}

const LONGEST_QUOTE = 200;

/** With the provider's words; null where it said nothing. */
function reasonOf(says: string, status: number, said: SaidError): string | null {
  const words = quotable(said.message);
  if (words === "") return null;
  return `${says} (status ${status}): ${words}${/[.!?…]$/.test(words) ? "" : "."}`;
}

/** A provider's words without what they may repeat of keys, personal data and prompts. */
function quotable(message: string): string {
  const cleaned = message
    .replace(/\b(sk|pk|gsk|xai|or|key|bearer|AIza)[-_ ]?[\w*-]{8,}/gi, "[key]")
    .replace(/[\w.+-]+@[\w-]+\.[\w.]+/g, "[address]")
    .replace(/(["'`“])[^"'`“”]{60,}(["'`”]|$)/g, '"…"')
    .replace(/[\w*-]{32,}/g, "[key]");
  return excerpt(textWithoutPersonalData(cleaned), LONGEST_QUOTE);
}
