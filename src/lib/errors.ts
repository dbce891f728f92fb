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
  | "too_many_requests"
  | "not_configured"
  | "unavailable";

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

/** Quoted words, from the first quotation mark to the last of its kind: what stands between may hold marks itself. */
const QUOTED = /(["'`])[\s\S]*\1|“[\s\S]*”/g;
const LONGEST_MESSAGE = 300;

/**
 * What was thrown, for logs, without what may be customers' words: a message of others' (an error with a `code` or a
 * `kind` says that instead), one that lists issues with an input, that of JSON which cannot be read, the parameters of a
 * failed query, a value that D1 or the runtime quotes, and whatever was thrown that is no error.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `not an error but a ${typeof error}`;
  if ("query" in error && "params" in error) return `query failed (${describeError(error.cause)}): ${error.query}`;
  const code = codeOf(error);
  if (code !== null) return `${error.name}: ${code}`;
  if (error instanceof SyntaxError || "issues" in error) return error.name;
  return `${error.name}: ${error.message.replace(QUOTED, "…").slice(0, LONGEST_MESSAGE).toWellFormed()}`;
}

function codeOf(error: Error): string | null {
  const said = "code" in error ? error.code : "kind" in error ? error.kind : null;
  return typeof said === "string" && /^\w{1,40}$/.test(said) ? said : null;
}

/** Where it was thrown, without the message, which a stack begins with. */
export function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return stack.split("\n").flatMap((line) => /^\s+at (.*)$/.exec(line)?.[1] ?? []);
}
