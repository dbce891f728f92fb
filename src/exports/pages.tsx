import { Hono } from "hono";
import { listFailureCategories } from "../clusters/queries.ts";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { note } from "../http/note.ts";
import { checkForm, checkQuery, readForm } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { noSuch } from "../lib/errors.ts";
import { isId } from "../lib/ids.ts";
import { cancelExport, deleteExport, rebuildExport } from "./change-export.ts";
import { ExportsPage } from "./exports-page.tsx";
import { listExports } from "./queries.ts";
import { requestExport } from "./request-export.ts";
import { exportInput, exportQuery } from "./schemas.ts";

const PAGE_ROWS = 25;

const CHANGES = { cancel: cancelExport, rebuild: rebuildExport, delete: deleteExport };

export const exportPages = new Hono<AppEnv>()
  .get("/exports", needs("export"), async (c) => {
    const { db, config } = c.var.services;
    const query = checkQuery(c, exportQuery, PAGE_ROWS);
    const [page, categories] = await Promise.all([listExports(db, query), listFailureCategories(db)]);
    return renderPage(
      c,
      "Training files",
      <ExportsPage
        page={page}
        minGain={config.MIN_EXPORT_GAIN}
        categories={categories.map(({ failure_category }) => failure_category)}
      />,
    );
  })
  .post("/exports", needs("export"), async (c) => {
    const form = await readForm(c);
    const given = Object.entries(form).map(([name, text]) => [name, NUMBERS.has(name) ? Number(text) : text]);
    const { id } = await requestExport(c.var.services, checkForm(exportInput, Object.fromEntries(given)));
    note(c, { subject: id });
    return c.redirect("/exports", 303);
  })
  .post("/exports/:id/:change{cancel|rebuild|delete}", needs("export"), async (c) => {
    const { id, change } = c.req.param();
    if (!isId(id)) throw noSuch("export");
    await CHANGES[change as keyof typeof CHANGES](c.var.services, id);
    return c.redirect("/exports", 303);
  });

const NUMBERS = new Set(["min_gain", "validation_fraction"]);
