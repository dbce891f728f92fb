import { createRouter } from "../http/app-env.ts";
import { jsonAnswer, routesOf } from "../http/route-parts.ts";
import { requestTraining } from "./request-training.ts";
import { routerOutput } from "./schemas.ts";
import { routerStatus } from "./training-state.ts";

const route = routesOf("clusters");

const status = route("GET /v1/router", "What the router learned, and when", {
  scope: "read",
  answers: { 200: jsonAnswer("Its status", routerOutput) },
});

const train = route("POST /v1/router/train", "Train the router now", {
  scope: "review",
  description: "It is also trained automatically, when there is a new topic or 5% more failures.",
  answers: { 202: jsonAnswer("Training requested", routerOutput) },
});

export const routerRoutes = createRouter()
  .openapi(status, async (c) => c.json(await routerStatus(c.var.services.db), 200))
  .openapi(train, async (c) => {
    await requestTraining(c.var.services);
    return c.json(await routerStatus(c.var.services.db), 202);
  });
