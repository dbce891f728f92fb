import type { Handler, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { RouterRoute } from "hono/types";
import type { Scope } from "../db/schema/keys.ts";
import type { AppContext, AppEnv } from "./app-env.ts";

/** What a route asks of its caller: a scope, any valid key, or nothing. */
export type Access = Scope | "any_key" | "public";

const accesses = new WeakMap<Handler, Access>();

/**
 * Says what a route asks of its caller; stands first in its definition: `.get("/runs", needs("read"), …)`. Routes of
 * the API say it by `routesOf`. It is the gate (`access/gate.ts`) that holds callers to it, before anything else runs.
 */
export function needs(access: Access): MiddlewareHandler<AppEnv> {
  const marker: MiddlewareHandler<AppEnv> = (_c, next) => next();
  accesses.set(marker, access);
  return marker;
}

/**
 * What the route of this request asks of its caller. Where there is no route, a key: only who has one learns that.
 * @throws Error for a route that does not say: it answers nobody
 */
export function accessOf(c: AppContext): Access {
  const route = endpointOf(c);
  if (route === undefined) return "any_key";
  const access = accesses.get(route.handler);
  if (access === undefined) throw new Error(`${route.method} ${route.path} does not say what it needs`);
  return access;
}

/** The route of this request; undefined where there is none. */
export function endpointOf(c: AppContext): RouterRoute | undefined {
  return matchedRoutes(c).find(isEndpoint);
}

/** What each route of an app asks of its caller; null for one that does not say. */
export function accessOfEach(routes: RouterRoute[]): { method: string; path: string; access: Access | null }[] {
  const first = new Map<string, RouterRoute>();
  for (const route of routes.filter(isEndpoint)) {
    const name = `${route.method} ${route.path}`;
    if (!first.has(name)) first.set(name, route);
  }
  return [...first.values()].map(({ method, path, handler }) => ({
    ...{ method, path },
    access: accesses.get(handler) ?? null,
  }));
}

/** Only middleware is for every path and method. */
function isEndpoint({ method, path }: RouterRoute): boolean {
  return method !== "ALL" || path !== "/*";
}
