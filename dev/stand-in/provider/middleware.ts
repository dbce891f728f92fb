import { type Context, Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";
import { chatRequest } from "../chat-request.ts";
import { countTokens, hash, readSections } from "../text.ts";
import type { Call } from "./call.ts";
import type { Parameter } from "./profile.ts";
import type { Simulator } from "./simulator.ts";

const limits = z.strictObject({ rpm: z.number().positive().optional(), tpm: z.number().positive().optional() });
const usage = z.looseObject({ usage: z.looseObject({ completion_tokens: z.number() }) });

/** `GET /simulator/stats`, what came in and was refused; `POST /simulator/reset`; `POST /simulator/limits {rpm, tpm}`. */
export function simulatorRoutes(simulator: Simulator): Hono {
  return new Hono()
    .get("/stats", (c) => c.json(simulator.stats()))
    .post("/reset", (c) => {
      simulator.reset();
      return c.json({});
    })
    .post("/limits", async (c) => {
      const parsed = limits.safeParse(await c.req.json().catch(() => null));
      if (!parsed.success) return c.json({ error: "rpm and tpm are numbers above 0" }, 400);
      simulator.setLimits(parsed.data);
      return c.json({});
    });
}

/** Has the simulator decide on each completion before it is answered, and takes as long as it says. */
export function simulate(simulator: Simulator, sleep: (ms: number) => Promise<void>): MiddlewareHandler {
  return async (c, next) => {
    const body = await readJson(c);
    const verdict = simulator.ask(callOf(c, body));
    if (verdict.delayMs > 0) await sleep(verdict.delayMs);
    if (verdict.refusal !== null) return respond(verdict.reply);
    passOn(c, without(body, verdict.ignored));
    await next();
    // A stream's tokens are not waited for: its headers go out first.
    const isJson = c.res.headers.get("content-type")?.includes("json");
    const read = usage.safeParse(isJson ? await c.res.clone().json() : null);
    const headers = verdict.done(read.success ? read.data.usage.completion_tokens : 0);
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  };
}

async function readJson(c: Context): Promise<Record<string, unknown>> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(await c.req.json().catch(() => null));
  return parsed.success ? parsed.data : {};
}

function callOf(c: Context, body: Record<string, unknown>): Call {
  const parsed = chatRequest.safeParse(body);
  const request = parsed.success ? parsed.data : null;
  const text = (request?.messages ?? []).map(({ content }) => content).join("\n");
  return {
    key: c.req.header("authorization")?.replace(/^Bearer /i, "") ?? c.req.header("api-key"),
    model: request?.model,
    promptTokens: countTokens(text),
    maxTokens: request?.max_completion_tokens ?? request?.max_tokens ?? 0,
    // All calls about one customer's message share its fate.
    identity: identityOf(body),
    text: readSections(text).customer_message ?? text,
    parameters: parametersOf(body),
  };
}

/** Short, and long enough that no two of a run's calls meet by chance. */
function identityOf(body: Record<string, unknown>): string {
  const text = JSON.stringify(body);
  return `${hash(text)}-${hash(`again ${text}`)}-${text.length}`;
}

function parametersOf(body: Record<string, unknown>): Parameter[] {
  const given = (["max_completion_tokens", "max_tokens"] as const).filter((name) => body[name] !== undefined);
  const format = z.looseObject({ type: z.enum(["json_schema", "json_object"]) }).safeParse(body.response_format);
  return [
    ...given,
    ...(body.temperature !== undefined && body.temperature !== 1 ? (["temperature"] as const) : []),
    ...(format.success ? [format.data.type] : []),
  ];
}

/** The request without what this provider passes over. */
function without(body: Record<string, unknown>, ignored: readonly Parameter[]): Record<string, unknown> {
  const fields = new Set<string>(ignored.map((name) => (name.startsWith("json_") ? "response_format" : name)));
  return Object.fromEntries(Object.entries(body).filter(([name]) => !fields.has(name)));
}

/** The body was read; the handlers get another one. */
function passOn(c: Context, body: Record<string, unknown>): void {
  const { url, method, headers } = c.req.raw;
  c.req.bodyCache = {};
  c.req.raw = new Request(url, { method, headers, body: JSON.stringify(body) });
}

function respond({ status, body, headers = {} }: { status: number; body: unknown; headers?: Record<string, string> }) {
  if (typeof body !== "string") return Response.json(body, { status, headers });
  const type = body.startsWith("<") ? "text/html" : "text/plain";
  return new Response(body, { status, headers: { ...headers, "content-type": `${type}; charset=utf-8` } });
}
