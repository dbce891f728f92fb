import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Problem } from "./problem.ts";

/** An error as OpenAI's clients read it. */
export const openAiError = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .openapi("OpenAiError");

/** As OpenAI names it where it has a name for it. */
const CODES: Record<number, string> = {
  400: "invalid_request",
  401: "invalid_api_key",
  403: "insufficient_permissions",
  404: "not_found",
  413: "request_too_large",
  415: "unsupported_media_type",
  429: "rate_limit_exceeded",
  503: "not_configured",
};

/** A problem, for routes whose callers are OpenAI's clients. */
export function openAiProblem(c: Context, { status, detail }: Problem): Response {
  if (status === 401) c.header("www-authenticate", 'Bearer realm="redraft"');
  return openAiRefusal(c, status, CODES[status] ?? (status < 500 ? "invalid_request" : "internal_error"), detail);
}

export function openAiRefusal(c: Context, status: number, code: string, message: string): Response {
  // "requests" is what ran out.
  const type = status === 429 ? "requests" : status < 500 ? "invalid_request_error" : "server_error";
  const body: z.infer<typeof openAiError> = { error: { message, type, param: null, code } };
  return c.json(body, status as ContentfulStatusCode);
}
