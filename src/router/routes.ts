import { createRoute } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { jsonAnswer } from "../http/route-parts.ts";
import { requestTraining } from "./request-training.ts";
import { routerOutput } from "./schemas.ts";
import { routerStatus } from "./training-state.ts";

const tags = ["clusters"];

const status = createRoute({
  method: "get",
  path: "/v1/router",
  tags,
  summary: "What the router learned, and when",
  responses: { 200: jsonAnswer("Its status", routerOutput), ...problems() },
});

const train = createRoute({
  method: "post",
  path: "/v1/router/train",
  tags,
  summary: "Train the router now",
  description: "It is also trained automatically, when there is a new topic or 5% more failures.",
  responses: { 202: jsonAnswer("Training requested", routerOutput), ...problems() },
});

export const routerRoutes = createRouter()
  .openapi(status, async (c) => c.json(await routerStatus(c.var.services.db), 200))
  .openapi(train, async (c) => {
    await requestTraining(c.var.services);
    return c.json(await routerStatus(c.var.services.db), 202);
  });
