import { createRoute } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { listImprovements } from "./queries.ts";
import { improvementPage, improvementQuery } from "./schemas.ts";

const list = createRoute({
  method: "get",
  path: "/v1/improvements",
  tags: ["improvements"],
  summary: "The leaderboard: the most improved replies",
  request: { query: improvementQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: improvementPage } } },
    ...problems("invalid"),
  },
});

export const improvementRoutes = createRouter().openapi(list, async (c) =>
  c.json(await listImprovements(c.var.services.db, c.req.valid("query")), 200),
);
