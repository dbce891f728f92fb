import { type Context, Hono } from "hono";
import type { AppEnv } from "../../http/app-env.ts";
import { needs } from "../../http/needs.ts";
import { checkForm, givenQuery, readForm } from "../../http/read-form.ts";
import { renderPage } from "../../http/render-page.tsx";
import { noSuch, RedraftError } from "../../lib/errors.ts";
import { isId } from "../../lib/ids.ts";
import { AuditPage, type Unsaved } from "./audit-page.tsx";
import { nextItem, readItem } from "./next-item.ts";
import { rateItem } from "./rate-item.ts";
import { countOwn, countRated } from "./read-audit.ts";
import { labelInput, nextQuery } from "./schemas.ts";

/** The audit, one item at a time. Who rates stands in the address, so that it works without scripts. */
export const auditPages = new Hono<AppEnv>()
  .get("/audit", needs("review"), async (c) => {
    const given = givenQuery(c);
    if (given.reviewer === undefined) return showAudit(c, { reviewer: null });
    const { reviewer } = checkForm(nextQuery, { reviewer: given.reviewer });
    return showAudit(c, { reviewer });
  })
  .post("/audit/items/:id", needs("review"), async (c) => {
    const id = c.req.param("id");
    if (!isId(id)) throw noSuch("audit item");
    const { reviewer = "", better, first, second } = await readForm(c);
    const unsure = better === "unsure";
    try {
      const label = checkForm(labelInput, {
        ...{ reviewer, better },
        ...(first !== undefined && !unsure && { first: Number(first) }),
        ...(second !== undefined && !unsure && { second: Number(second) }),
      });
      await rateItem(c.var.services, id, label);
    } catch (error) {
      if (!(error instanceof RedraftError) || error.code === "not_found") throw error;
      const problems = error.errors.length > 0 ? error.errors.map(({ detail }) => detail) : [error.message];
      // Somebody who has rated it already goes on with the next one.
      const again = error.code === "conflict" || reviewer === "" ? null : id;
      const status = error.code === "conflict" ? 409 : 400;
      return showAudit(c, { reviewer: reviewer || null, again, unsaved: { problems, first, second } }, status);
    }
    return c.redirect(`/audit?reviewer=${encodeURIComponent(reviewer)}`, 303);
  });

async function showAudit(
  c: Context<AppEnv>,
  { reviewer, again = null, unsaved }: { reviewer: string | null; again?: string | null; unsaved?: Unsaved },
  status: 200 | 400 | 409 = 200,
) {
  const { services } = c.var;
  const { db } = services;
  const [item, own, rated] = await Promise.all([
    reviewer === null ? null : itemFor(services, reviewer, again),
    reviewer === null ? 0 : countOwn(db, reviewer),
    countRated(db),
  ]);
  const page = <AuditPage {...{ reviewer, item, own, rated, unsaved }} />;
  return renderPage(c, "Audit", page, status);
}

/** @param again the item that could not be saved; null: the next one */
async function itemFor(services: AppEnv["Variables"]["services"], reviewer: string, again: string | null) {
  const kept = again === null ? null : await readItem(services.db, again, reviewer);
  return kept ?? nextItem(services, reviewer);
}
