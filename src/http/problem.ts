import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, framesOf, RedraftError } from "../lib/errors.ts";
import { log } from "../lib/log.ts";

const PROBLEMS: Record<ErrorCode, { status: ContentfulStatusCode; title: string }> = {
  invalid: { status: 400, title: "Invalid request" },
  unauthorized: { status: 401, title: "No valid key" },
  forbidden: { status: 403, title: "Not allowed" },
  not_found: { status: 404, title: "Not found" },
  conflict: { status: 409, title: "Conflict" },
  precondition_failed: { status: 412, title: "Another file" },
  too_large: { status: 413, title: "Too large" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  range_not_satisfiable: { status: 416, title: "Range not satisfiable" },
  precondition_required: { status: 428, title: "Say which file" },
  too_many_requests: { status: 429, title: "Too many requests" },
  not_configured: { status: 503, title: "Not set up" },
  unavailable: { status: 503, title: "Not available" },
};

/** Refusals by the framework, in our words. */
const REFUSALS: Record<number, { title: string; detail: string }> = {
  400: { title: PROBLEMS.invalid.title, detail: "The body is not valid JSON." },
  415: {
    title: PROBLEMS.unsupported_media_type.title,
    detail: "Send the body with the content type this call takes, such as `content-type: application/json`.",
  },
};

/** Problem details (RFC 9457), the body of every error. */
export const problemSchema = z
  .object({
    type: z.string().openapi({ example: "about:blank" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    request_id: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).openapi({
      description: "One entry per bad field: a JSON pointer into the body, or ?name of a query parameter.",
    }),
  })
  .openapi("Problem");

export type Problem = z.infer<typeof problemSchema>;

/** The problem that a thrown error becomes. What was not expected is logged in full and answered with its id alone. */
export function toProblem(error: unknown, requestId: string): Problem {
  if (error instanceof RedraftError) {
    const { status, title } = PROBLEMS[error.code];
    return { type: "about:blank", title, status, detail: error.message, request_id: requestId, errors: error.errors };
  }
  if (error instanceof HTTPException) {
    const { title, detail } = REFUSALS[error.status] ?? {
      title: "Refused",
      detail: error.message || "The request was refused.",
    };
    return { type: "about:blank", title, status: error.status, detail, request_id: requestId, errors: [] };
  }
  log.error("unexpected_error", { request_id: requestId, at: framesOf(error) }, error);
  const detail = "Something went wrong on our side. Find it in the logs by its request id.";
  return { type: "about:blank", title: "Internal error", status: 500, detail, request_id: requestId, errors: [] };
}

export function problemResponse(c: Context, problem: Problem): Response {
  return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
    "content-type": "application/problem+json",
    ...(problem.status === 401 && { "www-authenticate": 'Bearer realm="redraft"' }),
  });
}

/** The error answers of a route, for its OpenAPI definition. */
export function problems(...codes: ErrorCode[]) {
  return Object.fromEntries(
    (["unauthorized", ...codes] as ErrorCode[]).map((code) => [
      PROBLEMS[code].status,
      { description: PROBLEMS[code].title, content: { "application/problem+json": { schema: problemSchema } } },
    ]),
  );
}
