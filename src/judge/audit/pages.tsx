import { type Context, Hono } from "hono";
import type { AppEnv } from "../../http/app-env.ts";
import { needs } from "../../http/needs.ts";
import { checkForm, readForm } from "../../http/read-form.ts";
import { renderPage } from "../../http/render-page.tsx";
import { noSuch, RedraftError } from "../../lib/errors.ts";
import { isId } from "../../lib/ids.ts";
import { AuditPage, type Unsaved } from "./audit-page.tsx";
import { nextItem, readItem } from "./next-item.ts";
import { rateItem } from "./rate-item.ts";
import { countOwn, countRated } from "./read-audit.ts";
import { labelInput } from "./schemas.ts";

/** The audit, one item at a time. Whoever is signed in rates. */
export const auditPages = new Hono<AppEnv>()
  .get("/audit", needs("review"), (c) => showAudit(c, {}))
  .post("/audit/items/:id", needs("review"), async (c) => {
    const id = c.req.param("id");
    if (!isId(id)) throw noSuch("audit item");
    const { better, first, second } = await readForm(c);
    const unsure = better === "unsure";
    try {
      const label = checkForm(labelInput, {
        better,
        ...(first !== undefined && !unsure && { first: Number(first) }),
        ...(second !== undefined && !unsure && { second: Number(second) }),
      });
      await rateItem(c.var.services, id, label, c.var.actor);
    } catch (error) {
      if (!(error instanceof RedraftError) || error.code === "not_found") throw error;
      const problems = error.errors.length > 0 ? error.errors.map(({ detail }) => detail) : [error.message];
      // Somebody who has rated it already goes on with the next one.
      const again = error.code === "conflict" ? null : id;
      const status = error.code === "conflict" ? 409 : 400;
      return showAudit(c, { again, unsaved: { problems, first, second } }, status);
    }
    return c.redirect("/audit", 303);
  });

/** @param again the item that could not be saved; null: the next one */
async function showAudit(
  c: Context<AppEnv>,
  { again = null, unsaved }: { again?: string | null; unsaved?: Unsaved },
  status: 200 | 400 | 409 = 200,
) {
  const { services, actor: reviewer } = c.var;
  const { db } = services;
  const [kept, own, rated] = await Promise.all([
    again === null ? null : readItem(db, again, reviewer),
    countOwn(db, reviewer),
    countRated(db),
  ]);
  const item = kept ?? (await nextItem(services, reviewer));
  const page = <AuditPage {...{ reviewer, item, own, rated, unsaved }} />;
  return renderPage(c, "Audit", page, status);
}
