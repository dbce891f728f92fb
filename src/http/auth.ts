import type { MiddlewareHandler } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import type { Config } from "../config.ts";
import { RedraftError } from "../lib/errors.ts";
import { sameSecret } from "../lib/secrets.ts";
import { HOUR, SECOND } from "../lib/time.ts";
import type { AppContext, AppEnv } from "./app-env.ts";

const SESSION_MS = 12 * HOUR;
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

const csrfCheck = csrf();

const sameOrigin: MiddlewareHandler<AppEnv> = (c, next) => csrfCheck(c, next);

const BEARER = "bearer ";

/** The key in an `Authorization` header; null where there is none. */
export function bearerOf(header: string | null | undefined): string | null {
  if (!header || header.slice(0, BEARER.length).toLowerCase() !== BEARER) return null;
  return header.slice(BEARER.length).trim() || null;
}

export function isAdminKey({ ADMIN_KEY }: Pick<Config, "ADMIN_KEY">, key: string): boolean {
  return sameSecret(key, ADMIN_KEY);
}

/** Opens a session for this browser. */
export async function openSession(c: AppContext): Promise<void> {
  const expires = c.var.services.clock() + SESSION_MS;
  await setSignedCookie(c, SESSION_COOKIE, String(expires), c.var.services.config.ADMIN_KEY, {
    ...cookieOptions(c),
    maxAge: SESSION_MS / SECOND,
  });
}

export function closeSession(c: AppContext): void {
  deleteCookie(c, SESSION_COOKIE, cookieOptions(c));
}

async function hasSession(c: AppContext): Promise<boolean> {
  const { config, clock } = c.var.services;
  const value = await getSignedCookie(c, config.ADMIN_KEY, SESSION_COOKIE, cookieOptions(c).prefix);
  return typeof value === "string" && Number(value) > clock();
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

/** Where to go after signing in: a path of ours, never another site. */
export function localPath(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) ? next : "/";
}
