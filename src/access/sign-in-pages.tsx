import { Hono } from "hono";
import type { AppContext, AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { readForm } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { localPath } from "../http/return-address.ts";
import { requireOwnPage } from "../http/same-origin.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { closeSession, openSession } from "./cookie.ts";
import { findCaller } from "./find-caller.ts";
import { endSessionsOf } from "./sessions.ts";

/** The way in for browsers, and out. */
export const signInPages = new Hono<AppEnv>()
  .get("/sign-in", needs("public"), (c) => renderPage(c, "Sign in", <SignIn next={nextPath(c, c.req.query("next"))} />))
  .post("/sign-in", needs("public"), async (c) => {
    requireOwnPage(c.req.raw);
    const form = await readForm(c);
    const next = nextPath(c, form.next);
    const caller = await findCaller(c.var.services, form.key ?? "", waitUntilOf(c));
    if (caller !== null) {
      await openSession(c, caller.id);
      c.set("caller", caller);
      return c.redirect(next, 303);
    }
    return renderPage(c, "Sign in", <SignIn next={next} refused />, 401);
  })
  .post("/sign-out", needs("any_key"), async (c) => {
    await closeSession(c);
    return c.redirect("/sign-in", 303);
  })
  .post("/sign-out/everywhere", needs("any_key"), async (c) => {
    await endSessionsOf(c.var.services.db, c.var.caller);
    await closeSession(c);
    return c.redirect("/sign-in", 303);
  });

function nextPath(c: AppContext, next: string | undefined): string {
  return localPath(next, new URL(c.req.url).origin);
}

function SignIn({ next, refused = false }: { next: string; refused?: boolean }) {
  return (
    <form class="card sign-in" method="post" action="/sign-in">
      <h1>Sign in</h1>
      {refused && (
        <p class="error" role="alert">
          This key is not valid.
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
