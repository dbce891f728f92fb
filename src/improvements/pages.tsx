import { Hono } from "hono";
import { listFailureCategories } from "../clusters/queries.ts";
import type { AppEnv } from "../http/app-env.ts";
import { renderPage } from "../http/render-page.tsx";
import { found, RedraftError } from "../lib/errors.ts";
import { fieldErrors } from "../lib/field-errors.ts";
import { isId } from "../lib/ids.ts";
import { DetailPage } from "./detail-page.tsx";
import { exportRule } from "./is-exportable.ts";
import { LeaderboardPage } from "./leaderboard-page.tsx";
import { getImprovement, improvementCredit, improvementTotals, listImprovements } from "./queries.ts";
import { improvementQuery } from "./schemas.ts";

/** Rows a page shows: readable at once on a screen. */
const PAGE_ROWS = 25;

export const improvementPages = new Hono<AppEnv>()
  .get("/", async (c) => {
    const { db, config } = c.var.services;
    // A form sends its empty fields too; they mean "any".
    const given = Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== ""));
    const parsed = improvementQuery.safeParse({ limit: PAGE_ROWS, ...given });
    if (!parsed.success) throw new RedraftError("invalid", "This address is not valid.", fieldErrors(parsed.error));
    const query = parsed.data;
    const [page, totals, categories, credit] = await Promise.all([
      listImprovements(db, query),
      improvementTotals(db, query),
      listFailureCategories(db),
      improvementCredit(db),
    ]);
    const rule = exportRule(config);
    return renderPage(
      c,
      "Leaderboard",
      <LeaderboardPage {...{ page, totals, categories, query, given, credit, rule }} />,
    );
  })
  .get("/improvements/:id", async (c) => {
    const id = c.req.param("id");
    const improvement = found(isId(id) ? await getImprovement(c.var.services.db, id) : null, "improvement");
    return renderPage(
      c,
      "Improvement",
      <DetailPage improvement={improvement} rule={exportRule(c.var.services.config)} />,
    );
  });
