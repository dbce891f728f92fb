import { Hono } from "hono";
import type { AppContext, AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { readForm } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { localPath } from "../http/return-address.ts";
import { requireOwnPage } from "../http/same-origin.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { MINUTE, SECOND } from "../lib/time.ts";
import { closeSession, openSession } from "./cookie.ts";
import { findCaller } from "./find-caller.ts";
import { ACCESS_SIGN_OUT } from "./find-person.ts";
import { hashedAddress } from "./hashed-address.ts";
import { attemptSucceeded, type Blocked, beginAttempt, MOST_FAILED } from "./limit-attempts.ts";
import { endSessionsOf } from "./sessions.ts";

/** The way in for browsers, and out. */
export const signInPages = new Hono<AppEnv>()
  .get("/sign-in", needs("public"), (c) => renderPage(c, "Sign in", <SignIn next={nextPath(c, c.req.query("next"))} />))
  .post("/sign-in", needs("public"), async (c) => {
    requireOwnPage(c.req.raw);
    const form = await readForm(c);
    const next = nextPath(c, form.next);
    const address = await hashedAddress(c.var.services.config, c.req.raw.headers);
    const blocked = await beginAttempt(c.var.services, address);
    if (blocked !== null) return tooManyAttempts(c, next, blocked);
    const caller = await findCaller(c.var.services, form.key ?? "", waitUntilOf(c));
    if (caller === null) return renderPage(c, "Sign in", <SignIn next={next} problem="This key is not valid." />, 401);
    await attemptSucceeded(c.var.services.db, address);
    await openSession(c, caller.id);
    c.set("caller", caller);
    return c.redirect(next, 303);
  })
  .post("/sign-out", needs("any_key"), async (c) => {
    await closeSession(c);
    return c.redirect(c.var.caller.kind === "person" ? ACCESS_SIGN_OUT : "/sign-in", 303);
  })
  .post("/sign-out/everywhere", needs("any_key"), async (c) => {
    await endSessionsOf(c.var.services, c.var.caller);
    await closeSession(c);
    return c.redirect(c.var.caller.kind === "person" ? ACCESS_SIGN_OUT : "/sign-in", 303);
  });

const FAILED: Record<Blocked["by"], string> = {
  address: `More than ${MOST_FAILED.address} attempts from your address have failed`,
  all: `More than ${MOST_FAILED.all} attempts to sign in have failed, from all addresses together`,
};

function tooManyAttempts(c: AppContext, next: string, { by, endsAt }: Blocked) {
  const seconds = Math.max(1, Math.ceil((endsAt - c.var.services.clock()) / SECOND));
  c.header("retry-after", String(seconds));
  const minutes = Math.ceil(seconds / (MINUTE / SECOND));
  const wait = `Try again in ${minutes} ${minutes === 1 ? "minute" : "minutes"}; the key was not looked at.`;
  return renderPage(c, "Sign in", <SignIn next={next} problem={`${FAILED[by]}. ${wait}`} />, 429);
}

function nextPath(c: AppContext, next: string | undefined): string {
  return localPath(next, new URL(c.req.url).origin);
}

function SignIn({ next, problem }: { next: string; problem?: string }) {
  return (
    <form class="card sign-in" method="post" action="/sign-in">
      <h1>Sign in</h1>
      {problem !== undefined && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
      <input type="hidden" name="next" value={next} />
      <label>
        Key
        <input type="password" name="key" autocomplete="current-password" required autofocus />
      </label>
      <p class="hint">
        A key to this installation. The first is its ADMIN_KEY: `npm run dev` and `npm run demo` print it.
      </p>
      <button type="submit">Sign in</button>
    </form>
  );
}
