import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import type { AppContext } from "../http/app-env.ts";
import { SECOND } from "../lib/time.ts";
import { beginSession, endSession, SESSION_MS } from "./sessions.ts";

const SESSION_COOKIE = "redraft_session";

/**
 * Opens a session for this browser, in place of one that it had.
 * @param keyId the key it signed in with; null: ADMIN_KEY
 */
export async function openSession(c: AppContext, keyId: string | null): Promise<void> {
  const { config, db, clock } = c.var.services;
  await endOwnSession(c);
  // Signed, so that a made-up cookie costs no read, and a new ADMIN_KEY ends every session.
  await setSignedCookie(c, SESSION_COOKIE, await beginSession(db, keyId, clock()), config.ADMIN_KEY, {
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
  const id = await sessionIn(c);
  if (id !== null) await endSession(c.var.services.db, id);
}

/** The session's id in this browser's cookie, where we signed it. */
export async function sessionIn(c: AppContext): Promise<string | null> {
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
