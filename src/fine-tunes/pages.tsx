import { Hono } from "hono";
import { FEWEST_EXAMPLES } from "../exports/export-state.ts";
import { getExport, listExports } from "../exports/queries.ts";
import type { AppContext, AppEnv } from "../http/app-env.ts";
import { MAX_LIMIT } from "../http/pagination.ts";
import { checkForm, readForm } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { found, RedraftError } from "../lib/errors.ts";
import { fieldErrors } from "../lib/field-errors.ts";
import { isId } from "../lib/ids.ts";
import { clearBotModel, getBotModel, setBotModel } from "./bot-model.ts";
import { exampleCases, getComparison } from "./comparison/queries.ts";
import { requestComparison } from "./comparison/request-comparison.ts";
import { comparisonInput } from "./comparison/schemas.ts";
import { FineTunePage } from "./fine-tune-page.tsx";
import { FineTunesPage } from "./fine-tunes-page.tsx";
import { getFineTune, listFineTunes } from "./queries.ts";
import { requestFineTune } from "./request-fine-tune.ts";
import { cancelFineTune } from "./run-fine-tune.ts";
import { fineTuneInput, fineTuneQuery } from "./schemas.ts";

const PAGE_ROWS = 25;

/** Pairs of replies that a page shows. */
const EXAMPLES = 5;

export const fineTunePages = new Hono<AppEnv>()
  .get("/fine-tunes", async (c) => {
    const { db, config } = c.var.services;
    const parsed = fineTuneQuery.safeParse({ limit: PAGE_ROWS, ...c.req.query() });
    if (!parsed.success) throw new RedraftError("invalid", "This address is not valid.", fieldErrors(parsed.error));
    const [page, done, bot] = await Promise.all([
      listFineTunes(db, parsed.data),
      listExports(db, { status: "done", limit: MAX_LIMIT }),
      getBotModel(c.var.services),
    ]);
    const trainable = done.data.filter(
      ({ stale, format, rows }) => !stale && rows >= FEWEST_EXAMPLES && format.startsWith("openai-"),
    );
    return renderPage(
      c,
      "Fine-tunes",
      <FineTunesPage page={page} exports={trainable} provider={config.FINE_TUNE_BASE_URL} bot={bot} />,
    );
  })
  .post("/fine-tunes", async (c) => {
    const given = await readForm(c);
    // The file's format says by which method it can be trained on.
    const source = isId(given.export_id ?? "") ? await getExport(c.var.services.db, given.export_id ?? "") : null;
    const method = source?.format === "openai-dpo" ? "dpo" : "supervised";
    await requestFineTune(c.var.services, checkForm(fineTuneInput, { ...given, method }));
    return c.redirect("/fine-tunes", 303);
  })
  .get("/fine-tunes/:id", async (c) => {
    const { db } = c.var.services;
    const fineTune = await oneFineTune(c);
    const [comparison, bot] = await Promise.all([getComparison(db, fineTune.id), getBotModel(c.var.services)]);
    const examples = comparison === null ? [] : await exampleCases(db, comparison.id, EXAMPLES);
    return renderPage(c, "Fine-tune", <FineTunePage {...{ fineTune, comparison, examples, bot }} />);
  })
  .post("/fine-tunes/:id/cancel", async (c) => {
    const { id } = await oneFineTune(c);
    await cancelFineTune(c.var.services, id);
    return c.redirect(`/fine-tunes/${id}`, 303);
  })
  .post("/fine-tunes/:id/compare", async (c) => {
    const { id } = await oneFineTune(c);
    const { limit } = await readForm(c);
    const asked = checkForm(comparisonInput, limit === undefined ? {} : { limit: Number(limit) });
    await requestComparison(c.var.services, id, asked);
    return c.redirect(`/fine-tunes/${id}#compare`, 303);
  })
  .post("/fine-tunes/:id/use", async (c) => {
    const { id } = await oneFineTune(c);
    await setBotModel(c.var.services, id, c.var.actor);
    return c.redirect(`/fine-tunes/${id}`, 303);
  })
  .post("/bot-model/clear", async (c) => {
    await clearBotModel(c.var.services, c.var.actor);
    return c.redirect("/fine-tunes", 303);
  });

async function oneFineTune(c: AppContext) {
  const id = c.req.param("id") ?? "";
  const fineTune = isId(id) ? await getFineTune(c.var.services.db, id) : null;
  return found(fineTune, "fine-tune");
}
