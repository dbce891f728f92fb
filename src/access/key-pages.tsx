import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { note } from "../http/note.ts";
import { checkForm, readFormData } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { When } from "../ui/when.tsx";
import { makeKey, noteOf } from "./make-key.ts";
import { revokeKey } from "./revoke-key.ts";
import { type KeyOutput, keyInput } from "./schemas.ts";

/** The forms of the page `/settings` that make and revoke keys. */
export const keyPages = new Hono<AppEnv>()
  .post("/settings/keys", needs("admin"), async (c) => {
    const made = await makeKey(c.var.services, checkForm(keyInput, keyFields(await readFormData(c))), c.var.actor);
    note(c, noteOf(made));
    // No redirect: the key would have to be kept, or stand in the address.
    return renderPage(c, "New key", <NewKey {...made} />);
  })
  .post("/settings/keys/:id/revoke", needs("admin"), async (c) => {
    await revokeKey(c.var.services, c.req.param("id"), c.var.actor);
    return c.redirect("/settings", 303);
  });

/** The form's fields as the API names them; a date stands for the end of that day. */
function keyFields(form: FormData) {
  const lastDay = form.get("last_day");
  return {
    name: form.get("name"),
    scopes: form.getAll("scopes"),
    expires_at: lastDay === null || lastDay === "" ? null : `${lastDay}T23:59:59.999Z`,
  };
}

function NewKey({ name, scopes, expires_at, key }: KeyOutput & { key: string }) {
  return (
    <section class="card new-key">
      <h1>{`Key for ${name}`}</h1>
      <p>Copy it now: this is the only time that it is shown.</p>
      <p>
        <code>{key}</code>
      </p>
      <p class="hint">
        {`Scopes: ${scopes.join(", ")}. `}
        {expires_at === null ? (
          "It holds until it is revoked."
        ) : (
          <>
            It expires at <When time={expires_at} />.
          </>
        )}
      </p>
      <p>
        <a href="/settings">Back to the settings</a>
      </p>
    </section>
  );
}
