import { DAY, HOUR, MINUTE, SECOND } from "../../lib/time.ts";
import type { ProviderAnswer } from "./fault.ts";
import { readError, type SaidError } from "./read-error.ts";

/** What a provider allows in one stretch of time. Null: not said. */
export interface LimitWindow {
  limit: number | null;
  remaining: number | null;
  /** Time until the allowance is full again (where it refills steadily, as with OpenAI) or starts over. */
  resetMs: number | null;
  /** How long the stretch is, where it is said or follows; otherwise take a minute. */
  periodMs: number | null;
}

export interface Limits {
  /** The shortest stretch said; where one answer names several, the one with least left. */
  requests: LimitWindow | null;
  tokens: LimitWindow | null;
  /** How long the provider asks to wait, in words or headers made for it. */
  retryAfterMs: number | null;
  /** Until a limit with nothing left is free again; what to go by when there is no `retryAfterMs`. */
  exhaustedMs: number | null;
  /** Nothing is left of a limit that holds for a day or longer. */
  dayUsedUp: boolean;
}

type Part = "limit" | "remaining" | "reset";
type Windows = Map<string, LimitWindow & { of: "requests" | "tokens" }>;

const PERIODS: Record<string, number> = { second: SECOND, minute: MINUTE, hour: HOUR, day: DAY, month: 30 * DAY };

/** What an answer's headers say about limits, whoever sends them, and what an error adds in words. */
export function readLimits({ status, headers, body, at }: ProviderAnswer): Limits {
  return limitsOf(headers, status >= 400 ? readError(body) : null, at);
}

/** The same where the error has been read. */
export function limitsOf(headers: Headers, said: SaidError | null, at: number): Limits {
  const windows: Windows = new Map();
  for (const [name, value] of headers) readHeader(windows, name, value, at);
  const all = [...windows.values()].map((window) => ({ ...window, periodMs: window.periodMs ?? inferPeriod(window) }));
  const resets = all.flatMap(({ remaining, resetMs }) => (remaining === 0 && resetMs !== null ? resetMs : []));
  return {
    requests: tightest(all.filter((window) => window.of === "requests")),
    tokens: tightest(all.filter((window) => window.of === "tokens")),
    retryAfterMs: retryAfterOf(headers, at) ?? (said && retryAfterIn(said)),
    exhaustedMs: resets.length > 0 ? Math.max(...resets) : null,
    dayUsedUp: all.some(({ remaining, periodMs }) => remaining === 0 && periodMs !== null && periodMs >= DAY),
  };
}

/*
 * (x-)ratelimit-limit-requests, -remaining-tokens-minute, -reset-tokens, ratelimitbysize-remaining, x-tokenlimit-limit,
 * anthropic-ratelimit-input-tokens-reset…
 */
const HEADER = /^(?:x-|anthropic-)?(ratelimit|ratelimitbysize|tokenlimit|x-ratelimitbysize)-(.+)$/;

function readHeader(windows: Windows, name: string, value: string, at: number): void {
  const [, family = "", rest = ""] = HEADER.exec(name.toLowerCase()) ?? [];
  const words = rest.split("-");
  const part = words.find((word): word is Part => word === "limit" || word === "remaining" || word === "reset");
  if (part === undefined) return;
  const others = words.filter((word) => word !== part);
  const of = family !== "ratelimit" || others.some((word) => word.startsWith("token")) ? "tokens" : "requests";
  const key = `${family} ${others.join("-")}`;
  const period = PERIODS[others.at(-1) ?? ""] ?? null;
  const window = windows.get(key) ?? { of, limit: null, remaining: null, resetMs: null, periodMs: period };
  windows.set(key, window);
  if (part === "reset") window.resetMs = parseReset(value, at);
  else window[part] = count(value, part === "limit" ? 1 : 0);
}

/** Azure was seen to send -1 and a limit of 0 where it has nothing to say. */
function count(value: string, least: number): number | null {
  const number = Number.parseFloat(value);
  return Number.isFinite(number) && number >= least ? number : null;
}

/**
 * A limit that needs more than a minute to be full again is none of a minute: Groq's requests are those of a day, and
 * only that shows it. Steady filling: period = reset × limit / (limit − remaining).
 */
function inferPeriod({ limit, remaining, resetMs }: LimitWindow): number | null {
  if (limit === null || remaining === null || resetMs === null || remaining >= limit) return null;
  const period = (resetMs * limit) / (limit - remaining);
  if (resetMs <= 65 * SECOND || period > 2 * DAY) return null;
  return [MINUTE, HOUR, DAY].reduce((best, next) =>
    Math.abs(Math.log(next / period)) < Math.abs(Math.log(best / period)) ? next : best,
  );
}

function tightest(windows: LimitWindow[]): LimitWindow | null {
  const left = ({ limit, remaining }: LimitWindow) => (limit !== null && remaining !== null ? remaining / limit : 1);
  const [first] = windows
    .filter(({ limit, remaining, resetMs }) => limit !== null || remaining !== null || resetMs !== null)
    .toSorted((a, b) => (a.periodMs ?? MINUTE) - (b.periodMs ?? MINUTE) || left(a) - left(b));
  if (first === undefined) return null;
  const { limit, remaining, resetMs, periodMs } = first;
  return { limit, remaining, resetMs, periodMs };
}

function retryAfterOf(headers: Headers, at: number): number | null {
  for (const name of ["retry-after-ms", "x-ms-retry-after-ms"]) {
    const ms = Number.parseFloat(headers.get(name) ?? "");
    if (ms >= 0) return bounded(ms);
  }
  const value = headers.get("retry-after");
  return value === null ? null : parseReset(value, at);
}

/** "Please retry in 34.07s", "try again in 1m2.5s", "retry after 20 seconds". */
const IN_WORDS = /\b(?:again|retry|retrying|wait)\s+(?:in|after|for)?\s*(\d.*)/i;

function retryAfterIn({ retryDelay, message }: SaidError): number | null {
  return (retryDelay ? parseDuration(retryDelay) : null) ?? parseDuration(IN_WORDS.exec(message)?.[1] ?? "");
}

const UNIT = /^\s*(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])/i;

/** "6m0s", "10h17m5.72s", "900ms", "20 seconds" at the beginning of a text, in milliseconds; null where none is. */
function parseDuration(text: string): number | null {
  let total: number | null = null;
  let rest = text;
  for (let found = UNIT.exec(rest); found !== null; found = UNIT.exec(rest)) {
    const [all, number = "", unit = ""] = found;
    total = (total ?? 0) + Number(number) * unitMs(unit.toLowerCase());
    rest = rest.slice(all.length);
  }
  return total === null ? null : bounded(total);
}

function unitMs(unit: string): number {
  if (unit === "ms" || unit.startsWith("milli")) return 1;
  if (unit.startsWith("s")) return SECOND;
  if (unit.startsWith("m")) return MINUTE;
  return unit.startsWith("h") ? HOUR : DAY;
}

/**
 * How long until the time a header gives: seconds, seconds or milliseconds since 1970 (told apart by their size), a
 * duration, RFC 3339 or an HTTP date.
 */
export function parseReset(value: string, at: number): number | null {
  const text = value.trim();
  if (/^-?\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    if (number < 0) return null;
    return bounded(number > 1e12 ? number - at : number > 1e9 ? number * SECOND - at : number * SECOND);
  }
  const duration = parseDuration(text);
  if (duration !== null) return duration;
  const date = Date.parse(text);
  return Number.isFinite(date) ? bounded(date - at) : null;
}

function bounded(ms: number): number {
  return Math.min(Math.max(Math.round(ms), 0), DAY);
}
