/** The closed list of things that can be wrong with a call. `http/problem.ts` gives each its status and title. */
export type ErrorCode =
  | "invalid"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "precondition_failed"
  | "too_large"
  | "unsupported_media_type"
  | "range_not_satisfiable"
  | "precondition_required"
  | "not_configured";

/** One bad field: `pointer` is a JSON pointer (RFC 6901) into the body, or the name of a query parameter after `?`. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/** An expected failure, safe to show: `detail` never holds secrets or other people's texts. */
export class RedraftError extends Error {
  readonly code: ErrorCode;
  readonly errors: FieldError[];

  constructor(code: ErrorCode, detail: string, errors: FieldError[] = []) {
    super(detail);
    this.name = "RedraftError";
    this.code = code;
    this.errors = errors;
  }
}

/** What was looked for by its id; null and undefined mean that there is none. @throws RedraftError `not_found` */
export function found<T>(row: T | null | undefined, what: string): T {
  if (row === null || row === undefined) throw noSuch(what);
  return row;
}

/** The error for an id that leads to nothing. @param what "run", "export"… */
export function noSuch(what: string): RedraftError {
  return new RedraftError("not_found", `There is no ${what} with this id.`);
}

/**
 * What was thrown, for logs. Two kinds of message quote customers' texts and are left out: drizzle's, which lists the
 * parameters of a failed query (its SQL and its cause are given instead), and that of JSON which cannot be read.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SyntaxError) return error.name;
  if ("query" in error && "params" in error) return `query failed (${describeError(error.cause)}): ${error.query}`;
  return `${error.name}: ${error.message}`;
}

/** Where it was thrown, without the message, which a stack begins with. */
export function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return stack.split("\n").flatMap((line) => /^\s+at (.*)$/.exec(line)?.[1] ?? []);
}
