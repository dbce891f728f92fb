import { MINUTE, toRfc3339 } from "../lib/time.ts";
import type { Fault } from "./answers/fault.ts";
import type { Tokens } from "./answers/read-completion.ts";
import type { Limits } from "./answers/read-limits.ts";
import { lostAnswer } from "./answers/whose-fault.ts";
import { AnswerTooLargeError, DeadlineError } from "./deadlines.ts";
import { ModelError, type ModelFailure } from "./model.ts";

/** A provider that asks for more than this is asked again anyway: the queue delays at most 12 hours. */
const LONGEST_RETRY_AFTER_MS = 60 * MINUTE;

/** What a call without an answer failed with: a deadline, a lost connection. */
export function classifyError(thrown: unknown): ModelError {
  const error = rootCause(thrown);
  if (error instanceof ModelError) return error;
  if (error instanceof AnswerTooLargeError) return new ModelError("repair", "answer_too_large", error.message);
  if (error instanceof DeadlineError) {
    return modelError(lostAnswer("timeout", `The model's server is too slow: ${error.message}.`));
  }
  return modelError(lostAnswer("connection_lost", "The connection to the model's server could not be made, or broke."));
}

/** The error of a call that the provider answered, but with nothing of use. */
export function modelError(fault: Fault, tokens: Tokens | null = null, limits: Limits | null = null): ModelError {
  const { code, reason, says = reason, retryAfterMs } = fault;
  return new ModelError(failureOf(fault), code, withTime(fault, reason), {
    fault,
    limits,
    says: withTime(fault, says),
    retryAfterMs: retryAfterMs === null ? null : Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS),
    ...(tokens && { usage: { calls: 1, ...tokens } }),
  });
}

/** A quota that is used up, or a spending limit: until when, where that is known. */
function withTime(fault: Fault, reason: string): string {
  const untilMs = fault.about === "quota" || fault.about === "money" ? fault.untilMs : null;
  return untilMs === null
    ? reason
    : `${reason} It begins again at ${toRfc3339(untilMs).slice(0, 16).replace("T", " ")} UTC.`;
}

function failureOf(fault: Fault): ModelFailure {
  switch (fault.about) {
    case "request":
      return "refused";
    case "answer":
      return "repair";
    case "limit":
    case "health":
      return "retry";
    case "quota":
    case "money":
    // What every request of ours says: the model in use is the wrong one, not the failure.
    case "parameter":
      return "stop";
    case "setup":
      // A mere status may be about one request after all; several in a row close the gate as well.
      return fault.sure ? "stop" : "retry";
  }
}

/** The SDK wraps what `fetch` threw; the innermost known error says most. */
function rootCause(thrown: unknown): unknown {
  let error = thrown;
  for (let depth = 0; depth < 5 && error instanceof Error && error.cause instanceof Error; depth++) error = error.cause;
  const known = [DeadlineError, AnswerTooLargeError, ModelError];
  return known.some((kind) => error instanceof kind) ? error : thrown;
}
