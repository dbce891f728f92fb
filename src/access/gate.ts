import type { MiddlewareHandler } from "hono";
import type { AppContext, AppEnv } from "../http/app-env.ts";
import { type Caller, mayUse, PUBLIC } from "../http/caller.ts";
import { accessOf, routeOf } from "../http/needs.ts";
import { requireOwnPage } from "../http/same-origin.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { RedraftError } from "../lib/errors.ts";
import { type LimitName, policyOf } from "../limits.ts";
import { sessionIn } from "./cookie.ts";
import { findCaller, knownHolder } from "./find-caller.ts";
import { findPerson } from "./find-person.ts";
import { hashedAddress } from "./hashed-address.ts";
import { countedAs, holdToLimit, limitFor } from "./hold-to-limit.ts";
import { findSession } from "./sessions.ts";

/**
 * Every request comes by here, before anything else looks at it: who calls, and may they? Each route says what it asks
 * (`http/needs.ts`); one that does not say answers nobody. Callers send `Authorization: Bearer <key>`, come by Cloudflare
 * Access, or send the cookie of a signed-in browser. What a browser sends by itself must come from our own pages. Each
 * request counts for a limit (`limits.ts`).
 */
export const gate: MiddlewareHandler<AppEnv> = async (c, next) => {
  const access = accessOf(c);
  const limit = limitFor(routeOf(c), access);
  const caller = access === "public" ? PUBLIC : await callerOf(c, limit, access === "prompts");
  if (caller === null || access === "public")
    await holdToLimit(c, "no_key", await hashedAddress(c.var.services.config, c.req.raw.headers));
  if (caller === null) return toSignIn(c);
  c.set("caller", caller);
  c.set("actor", caller.name);
  // A person's browser brings the cookie of Access along, wherever a request comes from.
  if (caller.session !== null || caller.kind === "person") requireOwnPage(c.req.raw);
  if (access !== "public" && access !== "any_key" && !mayUse(caller, access)) {
    // RFC 6750, section 3.1.
    c.header("www-authenticate", `Bearer realm="redraft", error="insufficient_scope", scope="${access}"`);
    const who = caller.kind === "person" ? "your role" : "this key";
    throw new RedraftError("forbidden", `This needs the scope \`${access}\`, which ${who} does not have.`);
  }
  await next();
  // Answers that come from elsewhere as a whole, such as a file, lack it.
  if (c.var.services.counters[limit] !== null) c.header("ratelimit-policy", policyOf(limit));
};

/**
 * Who calls, counted for the limit of the route.
 * @throws RedraftError `unauthorized` for a key or a token of Access that opens nothing, `too_many_requests`
 */
async function callerOf(c: AppContext, limit: LimitName, forBot: boolean): Promise<Caller | null> {
  const { services } = c.var;
  const bearer = bearerOf(c.req.header("authorization"));
  if (bearer !== null) return holderOf(c, bearer, limit, forBot);
  const person = await findPerson(c).catch(async (error: unknown) => {
    // A token of Access that does not hold is a guess like any other.
    await holdToLimit(c, "no_key", await hashedAddress(services.config, c.req.raw.headers));
    throw error;
  });
  const session = person === null ? await sessionIn(c) : null;
  const caller = session === null ? person : await findSession(services, session, waitUntilOf(c));
  if (caller !== null) await holdToLimit(c, limit, countedAs(caller));
  return caller;
}

/**
 * A key that was right before counts for itself, even once it has ended. Any other counts for the address it comes from,
 * before it is looked up: guessing gets slower, and reads the database no faster, while nobody who knows no key can have
 * a key refused that is in use.
 */
async function holderOf(c: AppContext, key: string, limit: LimitName, forBot: boolean): Promise<Caller> {
  const { services } = c.var;
  const known = knownHolder(services, key);
  if (known === null)
    await holdToLimit(c, "unknown_keys", await hashedAddress(c.var.services.config, c.req.raw.headers));
  else await holdToLimit(c, limit, countedAs(known));
  const caller = await findCaller(services, key, waitUntilOf(c), { forBot });
  if (caller === null) throw new RedraftError("unauthorized", "The key is not valid.");
  if (known === null) await holdToLimit(c, limit, countedAs(caller));
  return caller;
}

/** @throws RedraftError `unauthorized` where no person asks for a page */
function toSignIn(c: AppContext): Response {
  const wantsPage = c.req.method === "GET" && c.req.header("accept")?.includes("text/html");
  if (!wantsPage || c.req.path.startsWith("/v1/"))
    throw new RedraftError("unauthorized", "Send `Authorization: Bearer <key>`, or sign in at /sign-in.");
  const url = new URL(c.req.url);
  return c.redirect(`/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
}

const BEARER = "bearer ";

/** The key in an `Authorization` header; null where there is none. */
export function bearerOf(header: string | null | undefined): string | null {
  if (!header || header.slice(0, BEARER.length).toLowerCase() !== BEARER) return null;
  return header.slice(BEARER.length).trim() || null;
}
