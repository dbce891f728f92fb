import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { ErrorCode } from "../lib/errors.ts";
import type { AppEnv } from "./app-env.ts";
import { checkBody } from "./check-body.ts";
import { type Access, needs } from "./needs.ts";
import { problems } from "./problem.ts";

type Tag =
  | "failures"
  | "corrections"
  | "judge"
  | "audit"
  | "improvements"
  | "exports"
  | "fine-tunes"
  | "clusters"
  | "prompts"
  | "learning"
  | "withdrawals"
  | "keys"
  | "audit log"
  | "settings";

type Request = NonNullable<RouteConfig["request"]>;

type Answers = RouteConfig["responses"];

/** What a route says about itself, besides its address and its summary. */
interface Parts<R extends Request, A extends Answers> {
  description?: string;
  /** What it asks of its caller. */
  scope: Access;
  request?: R;
  /** By status. */
  answers: A;
  /** Those that are not plain from `request`: a missing key and a bad parameter or body go without saying. */
  problems?: ErrorCode[];
  /** The handler reads the request as it came; `request` only describes it. It is mounted with `middleware[0]`. */
  unchecked?: true;
}

/**
 * Defines a room's routes: `const route = routesOf("exports")`, then for each
 * `route("GET /v1/exports/{id}", "One export", { scope, request, answers, problems })`.
 *
 * The type parameters keep method, path, request and answers exactly as written, so that `openapi()` can check the
 * handler against them: what `c.req.valid` returns, and which status and body it may answer with. The casts say what
 * TypeScript loses on the way; problems are left out of the type because handlers throw them.
 */
export function routesOf(tag: Tag) {
  return function route<
    M extends "GET" | "POST" | "PUT" | "DELETE",
    P extends `/${string}`,
    A extends Answers,
    R extends Request = Record<never, never>,
  >(
    address: `${M} ${P}`,
    summary: string,
    { scope, request, answers, problems: codes = [], unchecked, ...parts }: Parts<R, A>,
  ) {
    const [method, path] = address.split(" ") as [M, P];
    const middleware: [MiddlewareHandler<AppEnv>, ...MiddlewareHandler<AppEnv>[]] = [needs(scope)];
    if (!unchecked && request?.body !== undefined) middleware.push(checkBody(Object.keys(request.body.content)));
    return createRoute({
      ...parts,
      method: method.toLowerCase() as Lowercase<M>,
      path,
      tags: [tag],
      summary,
      security: securityOf(scope),
      request: request as R,
      responses: {
        ...problems(...refusals(scope), ...(unchecked ? [] : problemsOf(request)), ...codes),
        ...answers,
      } as A,
      middleware,
    });
  };
}

/** The name of the one way to show who calls, in the OpenAPI document. */
export const BEARER = "bearer";

/** As OpenAPI 3.1 says which scope of a bearer's is required. */
function securityOf(scope: Access) {
  if (scope === "public") return [];
  return [{ [BEARER]: scope === "any_key" ? [] : [scope] }];
}

/** One request too many, a key without the scope, and what a browser sends on somebody else's behalf. */
function refusals(scope: Access): ErrorCode[] {
  return scope === "public" ? ["too_many_requests"] : ["forbidden", "too_many_requests"];
}

/** What is refused before the handler runs: bad parameters, and bodies that are bad, too large or not JSON. */
function problemsOf({ params, query, body }: Request = {}): ErrorCode[] {
  if (body !== undefined) return ["invalid", "too_large", "unsupported_media_type"];
  return params !== undefined || query !== undefined ? ["invalid"] : [];
}

/** A JSON body that a call cannot do without. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true as const, content: { "application/json": { schema } } };
}

/** An answer in JSON. */
export function jsonAnswer<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { "application/json": { schema } } };
}

/** `{id}` in a path. @param what whose id it is: "a run's" */
export function idParam(what: string) {
  return z.object({ id: z.uuid(`must be ${what} id`) });
}
