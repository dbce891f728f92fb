import pRetry from "p-retry";
import { describeError } from "./errors.ts";

/**
 * D1's passing faults, by their documented messages (developers.cloudflare.com/d1/observability/debug-d1): the
 * database restarted, moved, or was overloaded. Everything else (constraint, syntax, size) will not pass.
 */
const PASSING =
  /network connection lost|storage operation exceeded timeout|reset because its code was updated|internal error|is overloaded|transient issue|cannot resolve d1 db due to/i;

function isPassingD1Error(error: unknown): boolean {
  // drizzle wraps what D1 threw, as its cause.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return PASSING.test(describeError(error)) || PASSING.test(describeError(cause));
}

/** Runs an idempotent write again after a passing fault: at most three more times, within about two seconds. */
export function retryD1<T>(write: () => Promise<T>): Promise<T> {
  return pRetry(write, {
    retries: 3,
    minTimeout: 100,
    randomize: true,
    shouldRetry: ({ error }) => isPassingD1Error(error),
  });
}
