import { createRouter } from "../../http/app-env.ts";
import { jsonAnswer, routesOf } from "../../http/route-parts.ts";
import { listActivity } from "./queries.ts";
import { activityPage, activityQuery } from "./schemas.ts";

const route = routesOf("audit log");

const list = route("GET /v1/activity", "The audit log: who did what, newest first", {
  scope: "admin",
  description:
    "What people and keys decided, started, changed and took out, sign-ins, and what was refused. Ids, counts and " +
    "names of settings, no texts. Kept for AUDIT_LOG_RETENTION_DAYS.",
  request: { query: activityQuery },
  answers: { 200: jsonAnswer("A page", activityPage) },
});

export const activityRoutes = createRouter().openapi(list, async (c) =>
  c.json(await listActivity(c.var.services.db, c.req.valid("query")), 200),
);
