import { Hono } from "hono";
import type { AppEnv } from "../../http/app-env.ts";
import { MAX_LIMIT } from "../../http/pagination.ts";
import { RedraftError } from "../../lib/errors.ts";
import { fieldErrors } from "../../lib/field-errors.ts";
import { isId } from "../../lib/ids.ts";
import { renderPage } from "../../ui/layout.tsx";
import { FEWEST_EXAMPLES } from "../export-state.ts";
import { getExport, listExports } from "../queries.ts";
import { FineTunesPage } from "./fine-tunes-page.tsx";
import { listFineTunes } from "./queries.ts";
import { requestFineTune } from "./request-fine-tune.ts";
import { cancelFineTune } from "./run-fine-tune.ts";
import { fineTuneInput, fineTuneQuery } from "./schemas.ts";

const PAGE_ROWS = 25;

export const fineTunePages = new Hono<AppEnv>()
  .get("/fine-tunes", async (c) => {
    const { db, config } = c.var.services;
    const parsed = fineTuneQuery.safeParse({ limit: PAGE_ROWS, ...c.req.query() });
    if (!parsed.success) throw new RedraftError("invalid", "This address is not valid.", fieldErrors(parsed.error));
    const [page, done] = await Promise.all([
      listFineTunes(db, parsed.data),
      listExports(db, { status: "done", limit: MAX_LIMIT }),
    ]);
    const trainable = done.data.filter(
      ({ stale, format, rows }) => !stale && rows >= FEWEST_EXAMPLES && format.startsWith("openai-"),
    );
    return renderPage(
      c,
      "Fine-tunes",
      <FineTunesPage page={page} exports={trainable} provider={config.FINE_TUNE_BASE_URL} />,
    );
  })
  .post("/fine-tunes", async (c) => {
    const form = await c.req.formData();
    const given = Object.fromEntries([...form].filter(([, value]) => typeof value === "string" && value.trim() !== ""));
    // The file's format says by which method it can be trained on.
    const source = isId(String(given.export_id)) ? await getExport(c.var.services.db, String(given.export_id)) : null;
    const method = source?.format === "openai-dpo" ? "dpo" : "supervised";
    const parsed = fineTuneInput.safeParse({ ...given, method });
    if (!parsed.success) throw new RedraftError("invalid", "The form is not valid.", fieldErrors(parsed.error));
    await requestFineTune(c.var.services, parsed.data);
    return c.redirect("/fine-tunes", 303);
  })
  .post("/fine-tunes/:id/cancel", async (c) => {
    await cancelFineTune(c.var.services, c.req.param("id"));
    return c.redirect("/fine-tunes", 303);
  });
