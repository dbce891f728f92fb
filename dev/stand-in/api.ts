import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";

/** The stand-in's name, in every answer it gives. */
export const MODEL = "stand-in";

/** A fixed time: the same request gets the same bytes. */
export const CREATED = 1_767_225_600;

/** An answer other than 200, in OpenAI's shape. */
export class ApiError extends Error {
  readonly status: ContentfulStatusCode;
  readonly about: { code?: string; param?: string };

  constructor(status: ContentfulStatusCode, message: string, about: { code?: string; param?: string } = {}) {
    super(message);
    this.status = status;
    this.about = about;
  }
}

export function sendError(c: Context, { status, message, about }: ApiError): Response {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return c.json({ error: { message, type, param: about.param ?? null, code: about.code ?? null } }, status);
}

/** The JSON body, checked. @throws ApiError 400 that names the first field that is wrong */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await c.req.json().catch(() => {
    throw new ApiError(400, "We could not parse the JSON body of your request.");
  });
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: "invalid" };
  const param = path.reduce<string>(
    (at, key) => (typeof key === "number" ? `${at}[${key}]` : `${at}.${String(key)}`),
    "",
  );
  throw new ApiError(400, `${param.slice(1)}: ${message}`, { param: param.slice(1) });
}

/** @throws ApiError 404 */
export function found<T>(map: Map<string, T>, id: string, what: string): T {
  const value = map.get(id);
  if (value === undefined) throw new ApiError(404, `No such ${what}: ${id}`, { param: "id" });
  return value;
}

export const record = z.record(z.string(), z.unknown());
