import type { MiddlewareHandler } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import type { Config } from "../config.ts";
import { RedraftError } from "../lib/errors.ts";
import { sameSecret } from "../lib/secrets.ts";
import { SECOND } from "../lib/time.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import { isFromOurPages } from "./same-origin.ts";
import { beginSession, endSession, isSession, SESSION_MS } from "./sessions.ts";

const SESSION_COOKIE = "redraft_session";

/** What answers without a key: is it alive, and the way in. Styles and icons are served as assets before the Worker. */
const OPEN_PATHS = new Set(["/healthz", "/sign-in"]);

/** Addresses that carry their own key and check it themselves (`signed-links.ts`). */
const SIGNED_PATHS = "/v1/links/";

/** Where the fine-tuning service sends its events; they carry a signature, which the route checks. */
export const FINE_TUNE_WEBHOOK = "/v1/fine-tunes/webhook";

/**
 * A key on every route: `Authorization: Bearer <ADMIN_KEY>`, or the signed cookie of a signed-in browser.
 * What a browser sends by its cookie alone must come from our own pages.
 */
export const requireKey: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (OPEN_PATHS.has(c.req.path)) return sameOrigin(c, next);
  if (["GET", "HEAD"].includes(c.req.method) && c.req.path.startsWith(SIGNED_PATHS)) {
    c.set("actor", "link");
    return next();
  }
  if (c.req.method === "POST" && c.req.path === FINE_TUNE_WEBHOOK) {
    c.set("actor", "webhook");
    return next();
  }
  const bearer = bearerOf(c.req.header("authorization"));
  if (bearer !== null) {
    if (!isAdminKey(c.var.services.config, bearer)) throw new RedraftError("unauthorized", "The key is not valid.");
    c.set("actor", "api");
    return next();
  }
  if (await hasSession(c)) {
    c.set("actor", "browser");
    return sameOrigin(c, next);
  }
  const wantsPage = c.req.method === "GET" && c.req.header("accept")?.includes("text/html");
  if (wantsPage && !c.req.path.startsWith("/v1/")) {
    const url = new URL(c.req.url);
    return c.redirect(`/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
  }
  throw new RedraftError("unauthorized", "Send `Authorization: Bearer <key>`, or sign in at /sign-in.");
};

const sameOrigin: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!isFromOurPages(c.req.raw)) throw new RedraftError("forbidden", "This was not sent from one of our own pages.");
  await next();
};

const BEARER = "bearer ";

/** The key in an `Authorization` header; null where there is none. */
export function bearerOf(header: string | null | undefined): string | null {
  if (!header || header.slice(0, BEARER.length).toLowerCase() !== BEARER) return null;
  return header.slice(BEARER.length).trim() || null;
}

/**
 * There is no brake against guessing: a key made as the README says has 256 bits, and even the 32 characters that
 * `config.ts` asks for leave nothing to try out, however fast.
 */
export function isAdminKey({ ADMIN_KEY }: Pick<Config, "ADMIN_KEY">, key: string): boolean {
  return sameSecret(key, ADMIN_KEY);
}

/** Opens a session for this browser, in place of one that it had. */
export async function openSession(c: AppContext): Promise<void> {
  const { config, db, clock } = c.var.services;
  await endOwnSession(c);
  // Signed, so that a made-up cookie costs no read, and a new ADMIN_KEY ends every session.
  await setSignedCookie(c, SESSION_COOKIE, await beginSession(db, clock()), config.ADMIN_KEY, {
    ...cookieOptions(c),
    maxAge: SESSION_MS / SECOND,
  });
}

/** Ends this browser's session, on the server too: a copy of its cookie opens nothing. */
export async function closeSession(c: AppContext): Promise<void> {
  await endOwnSession(c);
  deleteCookie(c, SESSION_COOKIE, cookieOptions(c));
}

async function endOwnSession(c: AppContext): Promise<void> {
  const id = await sessionId(c);
  if (id !== null) await endSession(c.var.services.db, id);
}

async function hasSession(c: AppContext): Promise<boolean> {
  const { db, clock } = c.var.services;
  const id = await sessionId(c);
  return id !== null && (await isSession(db, id, clock()));
}

/** The id in this browser's cookie, where we signed it. */
async function sessionId(c: AppContext): Promise<string | null> {
  const { ADMIN_KEY } = c.var.services.config;
  return (await getSignedCookie(c, ADMIN_KEY, SESSION_COOKIE, cookieOptions(c).prefix)) || null;
}

/** `__Host-` binds the cookie to this host over https; browsers refuse that prefix on plain http, as in `npm run dev`. */
function cookieOptions(c: AppContext) {
  const https = new URL(c.req.url).protocol === "https:";
  return {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: https,
    prefix: https ? "host" : undefined,
  } as const;
}
