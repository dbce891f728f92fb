import type { IncomingMessage, ServerResponse } from "node:http";

/** An answer other than 200, in OpenAI's shape. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;

  constructor(
    status: number,
    message: string,
    { code = null, param = null }: { code?: string | null; param?: string | null } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** What the path holds at the places its pattern names. */
  params: Record<string, string>;
}

/** One address: method, path with `:names`, and what answers there. */
export interface Route {
  method: string;
  path: string;
  handle(exchange: Exchange): void | Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;

export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new ApiError(413, "The request is too large.");
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (isRecord(body)) return body;
  } catch {
    // Falls through: what is not JSON and what is no object get the same answer.
  }
  throw new ApiError(400, "We could not parse the JSON body of your request.");
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

export function sendError(response: ServerResponse, error: ApiError): void {
  const { message, param, code, status } = error;
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  sendJson(response, { error: { message, type, param, code } }, status);
}

/** Finds the route of a request and has it answered; failures become OpenAI's errors. */
export async function dispatch(routes: Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(request.url ?? "/", "http://stand-in");
    for (const route of routes) {
      const params = match(route.path, url.pathname);
      if (params === null || route.method !== request.method) continue;
      await route.handle({ request, response, url, params });
      return;
    }
    throw new ApiError(404, `Unknown request URL: ${request.method} ${url.pathname}.`, { code: "unknown_url" });
  } catch (thrown) {
    const known = thrown instanceof ApiError;
    if (!known) console.error(thrown);
    if (response.headersSent) response.destroy();
    else sendError(response, known ? thrown : new ApiError(500, "The stand-in failed; its own output says why."));
  }
}

function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.replace(/\/+$/, "").split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i] ?? "";
    if (part.startsWith(":")) params[part.slice(1)] = safeDecode(value);
    else if (part !== value) return null;
  }
  return params;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
