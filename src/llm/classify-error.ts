import { APIConnectionError, APIError } from "openai/core/error";
import { excerpt } from "../lib/text.ts";
import { MINUTE } from "../lib/time.ts";
import { AnswerTooLargeError, DeadlineError } from "./deadlines.ts";
import { ModelError } from "./model.ts";

/** A provider that asks for more than this is asked again anyway: the queue delays at most 12 hours. */
const LONGEST_RETRY_AFTER_MS = 60 * MINUTE;
const MESSAGE_LENGTH = 300;

/** Sorts whatever the SDK threw, once, into what to do about it. @param now for a `Retry-After` that is a date */
export function classifyError(thrown: unknown, now: number): ModelError {
  const error = rootCause(thrown);
  if (error instanceof ModelError) return error;
  if (error instanceof AnswerTooLargeError) return new ModelError("repair", "answer_too_large", error.message);
  if (error instanceof DeadlineError) return new ModelError("retry", "timeout", error.message);
  if (error instanceof APIConnectionError) {
    return new ModelError("retry", "connection_lost", "the model's server could not be reached");
  }
  if (error instanceof APIError && typeof error.status === "number") return classifyStatus(error, error.status, now);
  if (error instanceof SyntaxError) {
    return new ModelError("repair", "malformed_answer", "the model's server answered with something that is not JSON");
  }
  return new ModelError("retry", "connection_lost", "the connection to the model's server broke");
}

function classifyStatus(error: APIError, status: number, now: number): ModelError {
  const said = `the model's server answered ${status}: ${plain(error.message)}`;
  const code = String(error.code ?? "");
  if (
    status === 429 &&
    (code === "insufficient_quota" || /insufficient_quota|exceeded your current quota/i.test(said))
  ) {
    return new ModelError("stop", "quota_exhausted", `the account behind OPENAI_API_KEY has no quota left (${said})`);
  }
  if (status === 429) {
    return new ModelError("retry", "rate_limited", said, { retryAfterMs: retryAfterMs(error.headers, now) });
  }
  if (status === 401 || status === 403) {
    return new ModelError("stop", "bad_key", `OPENAI_API_KEY was refused (${said})`);
  }
  if (status === 402) return new ModelError("stop", "quota_exhausted", `the account has no credit left (${said})`);
  if (status === 404) {
    return new ModelError("stop", "unknown_model", `no such model, or no such address in OPENAI_BASE_URL (${said})`);
  }
  if (code === "content_filter" || code === "content_policy_violation") {
    return new ModelError("refused", "content_filter", said);
  }
  if (status === 408 || status === 409 || status >= 500) {
    return new ModelError("retry", "provider_error", said, { retryAfterMs: retryAfterMs(error.headers, now) });
  }
  return new ModelError("refused", "request_rejected", said);
}

/** `Retry-After` in seconds or as a date, or OpenAI's `retry-after-ms`; in milliseconds, null when there is none. */
function retryAfterMs(headers: Headers | undefined, now: number): number | null {
  const ms = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (ms >= 0) return Math.min(ms, LONGEST_RETRY_AFTER_MS);
  const value = headers?.get("retry-after");
  if (!value) return null;
  const wait = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_RETRY_AFTER_MS) : null;
}

/** The SDK wraps what `fetch` threw; the innermost known error says most. */
function rootCause(thrown: unknown): unknown {
  let error = thrown;
  for (let depth = 0; depth < 5 && error instanceof Error && error.cause instanceof Error; depth++) error = error.cause;
  return error instanceof DeadlineError || error instanceof AnswerTooLargeError || error instanceof ModelError
    ? error
    : thrown;
}

/** A provider's message on one line, without HTML, short. */
function plain(message: string): string {
  return excerpt(
    message
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
    MESSAGE_LENGTH,
  );
}
