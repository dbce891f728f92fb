import { Hono } from "hono";
import type { AppContext, AppEnv } from "./app-env.ts";
import { closeSession, isAdminKey, openSession } from "./auth.ts";
import { readForm } from "./read-form.ts";
import { renderPage } from "./render-page.tsx";
import { localPath } from "./return-address.ts";
import { endAllSessions } from "./sessions.ts";

/** The way in for browsers, and out. */
export const signInPages = new Hono<AppEnv>()
  .get("/sign-in", (c) => renderPage(c, "Sign in", <SignIn next={nextPath(c, c.req.query("next"))} />))
  .post("/sign-in", async (c) => {
    const form = await readForm(c);
    const next = nextPath(c, form.next);
    if (isAdminKey(c.var.services.config, form.key ?? "")) {
      await openSession(c);
      return c.redirect(next, 303);
    }
    return renderPage(c, "Sign in", <SignIn next={next} refused />, 401);
  })
  .post("/sign-out", async (c) => {
    await closeSession(c);
    return c.redirect("/sign-in", 303);
  })
  .post("/sign-out/everywhere", async (c) => {
    await endAllSessions(c.var.services.db);
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
      <p class="hint">The ADMIN_KEY of this installation. `npm run dev` and `npm run demo` print it.</p>
      <button type="submit">Sign in</button>
    </form>
  );
}
