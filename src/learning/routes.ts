import { createRouter } from "../http/app-env.ts";
import { jsonAnswer, routesOf } from "../http/route-parts.ts";
import { getLearning } from "./get-learning.ts";
import { learningOutput, learningQuery } from "./schemas.ts";

const route = routesOf("learning");

const get = route("GET /v1/learning", "Whether it learns, week by week: failures, recurrences, releases", {
  scope: "read",
  description:
    "Weeks begin on Monday, UTC. A failure belongs to the week in which it occurred, however late it was recorded.",
  request: { query: learningQuery },
  answers: { 200: jsonAnswer("The weeks, oldest first", learningOutput) },
  problems: ["not_found"],
});

export const learningRoutes = createRouter().openapi(get, async (c) =>
  c.json(await getLearning(c.var.services, c.req.valid("query")), 200),
);
