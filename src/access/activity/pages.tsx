import { Hono } from "hono";
import type { AppEnv } from "../../http/app-env.ts";
import { needs } from "../../http/needs.ts";
import { checkForm, givenQuery, withTimes } from "../../http/read-form.ts";
import { renderPage } from "../../http/render-page.tsx";
import { ActivityPage } from "./activity-page.tsx";
import { listActivity } from "./queries.ts";
import { activityQuery } from "./schemas.ts";

const PAGE_ROWS = 50;

export const activityPages = new Hono<AppEnv>().get("/activity", needs("admin"), async (c) => {
  const { db, config } = c.var.services;
  const given = givenQuery(c);
  const query = checkForm(activityQuery, { limit: PAGE_ROWS, ...withTimes(given) });
  const page = await listActivity(db, query);
  return renderPage(
    c,
    "Audit log",
    <ActivityPage given={given} page={page} keptDays={config.AUDIT_LOG_RETENTION_DAYS} />,
  );
});
