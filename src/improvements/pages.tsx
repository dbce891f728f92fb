import { Hono } from "hono";
import { listFailureCategories } from "../clusters/queries.ts";
import type { AppEnv } from "../http/app-env.ts";
import { checkQuery, givenQuery } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { found } from "../lib/errors.ts";
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
    const query = checkQuery(c, improvementQuery, PAGE_ROWS);
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
      <LeaderboardPage {...{ page, totals, categories, query, credit, rule }} given={givenQuery(c)} />,
    );
  })
  .get("/improvements/:id", async (c) => {
    const improvement = found(await getImprovement(c.var.services.db, c.req.param("id")), "improvement");
    return renderPage(
      c,
      "Improvement",
      <DetailPage improvement={improvement} rule={exportRule(c.var.services.config)} />,
    );
  });
