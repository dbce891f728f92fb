import type { MiddlewareHandler } from "hono";
import type { AppContext, AppEnv } from "../http/app-env.ts";
import { type Caller, mayUse, PUBLIC } from "../http/caller.ts";
import { accessOf } from "../http/needs.ts";
import { requireOwnPage } from "../http/same-origin.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { RedraftError } from "../lib/errors.ts";
import { sessionIn } from "./cookie.ts";
import { findCaller } from "./find-caller.ts";
import { findPerson } from "./find-person.ts";
import { findSession } from "./sessions.ts";

/**
 * Every request comes by here, before anything else looks at it: who calls, and may they? Each route says what it asks
 * (`http/needs.ts`); one that does not say answers nobody. Callers send `Authorization: Bearer <key>`, come by Cloudflare
 * Access, or send the cookie of a signed-in browser. What a browser sends by itself must come from our own pages.
 */
export const gate: MiddlewareHandler<AppEnv> = async (c, next) => {
  const access = accessOf(c);
  const caller = access === "public" ? PUBLIC : await callerOf(c, access === "prompts");
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
  return next();
};

/** @throws RedraftError `unauthorized` for a key that opens nothing, and a token of Access that does not hold */
async function callerOf(c: AppContext, forBot: boolean): Promise<Caller | null> {
  const { services } = c.var;
  const bearer = bearerOf(c.req.header("authorization"));
  if (bearer !== null) {
    const caller = await findCaller(services, bearer, waitUntilOf(c), { forBot });
    if (caller === null) throw new RedraftError("unauthorized", "The key is not valid.");
    return caller;
  }
  const person = await findPerson(c);
  if (person !== null) return person;
  const session = await sessionIn(c);
  return session === null ? null : findSession(services, session, waitUntilOf(c));
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
