import { Hono } from "hono";
import { FEWEST_EXAMPLES } from "../exports/export-state.ts";
import { getExport, listExports } from "../exports/queries.ts";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { note } from "../http/note.ts";
import { MAX_LIMIT } from "../http/pagination.ts";
import { checkForm, checkQuery, readForm } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { clearBotModel, getBotModel, setBotModel } from "./bot-model.ts";
import { cancelFineTunes } from "./cancel-fine-tune.ts";
import { cancelComparison } from "./comparison/cancel-comparison.ts";
import { exampleCases, getComparison } from "./comparison/queries.ts";
import { requestComparison } from "./comparison/request-comparison.ts";
import { comparisonInput } from "./comparison/schemas.ts";
import { FineTunePage } from "./fine-tune-page.tsx";
import { FineTunesPage } from "./fine-tunes-page.tsx";
import { getFineTune, listFineTunes } from "./queries.ts";
import { requestFineTune } from "./request-fine-tune.ts";
import { fineTuneInput, fineTuneQuery } from "./schemas.ts";

const PAGE_ROWS = 25;

/** Pairs of replies that a page shows. */
const EXAMPLES = 5;

export const fineTunePages = new Hono<AppEnv>()
  .get("/fine-tunes", needs("export"), async (c) => {
    const { db, config } = c.var.services;
    const [page, done, bot] = await Promise.all([
      listFineTunes(db, checkQuery(c, fineTuneQuery, PAGE_ROWS)),
      listExports(db, { status: "done", limit: MAX_LIMIT }),
      getBotModel(c.var.services),
    ]);
    const exports = done.data.filter(
      ({ stale, format, rows }) => !stale && rows >= FEWEST_EXAMPLES && format.startsWith("openai-"),
    );
    const provider = config.FINE_TUNE_BASE_URL;
    return renderPage(c, "Fine-tunes", <FineTunesPage {...{ page, exports, provider, bot }} />);
  })
  .post("/fine-tunes", needs("export"), async (c) => {
    const given = await readForm(c);
    // The file's format says by which method it can be trained on.
    const source = await getExport(c.var.services.db, given.export_id ?? "");
    const method = source?.format === "openai-dpo" ? "dpo" : "supervised";
    const { id } = await requestFineTune(c.var.services, checkForm(fineTuneInput, { ...given, method }));
    note(c, { subject: id });
    return c.redirect("/fine-tunes", 303);
  })
  .get("/fine-tunes/:id", needs("export"), async (c) => {
    const { db } = c.var.services;
    const fineTune = await getFineTune(db, c.req.param("id"));
    const [comparison, bot] = await Promise.all([getComparison(db, fineTune.id), getBotModel(c.var.services)]);
    const examples = comparison === null ? [] : await exampleCases(db, comparison.id, EXAMPLES);
    return renderPage(c, "Fine-tune", <FineTunePage {...{ fineTune, comparison, examples, bot }} />);
  })
  .post("/fine-tunes/:id/cancel", needs("export"), async (c) => {
    const { id } = await getFineTune(c.var.services.db, c.req.param("id"));
    await cancelFineTunes(c.var.services, [id], null);
    return c.redirect(`/fine-tunes/${id}`, 303);
  })
  .post("/fine-tunes/:id/compare", needs("export"), async (c) => {
    const id = c.req.param("id");
    const { limit } = await readForm(c);
    const asked = checkForm(comparisonInput, limit === undefined ? {} : { limit: Number(limit) });
    await requestComparison(c.var.services, id, asked);
    return c.redirect(`/fine-tunes/${id}#compare`, 303);
  })
  .post("/fine-tunes/:id/compare/cancel", needs("export"), async (c) => {
    const id = c.req.param("id");
    await cancelComparison(c.var.services, id);
    return c.redirect(`/fine-tunes/${id}#compare`, 303);
  })
  .post("/fine-tunes/:id/use", needs("admin"), async (c) => {
    const id = c.req.param("id");
    note(c, await setBotModel(c.var.services, id, c.var.actor));
    return c.redirect(`/fine-tunes/${id}`, 303);
  })
  .post("/bot-model/clear", needs("admin"), async (c) => {
    note(c, await clearBotModel(c.var.services, c.var.actor));
    return c.redirect("/fine-tunes", 303);
  });
