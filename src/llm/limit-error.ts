import { ModelError } from "./model.ts";

/** The provider's limit will not let the call begin soon. Nothing is wrong with it: come back at that time. */
export class LimitError extends ModelError {
  /** When to come back, in milliseconds since 1970; spread, so that not all come back at once. */
  readonly until: number;

  constructor(until: number, now: number, message: string, says = message) {
    super("retry", "rate_limited", message, { says, retryAfterMs: Math.max(0, until - now) });
    this.name = "LimitError";
    this.until = until;
  }
}
