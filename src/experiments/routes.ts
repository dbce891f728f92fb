import { createRouter } from "../http/app-env.ts";
import { jsonAnswer, routesOf } from "../http/route-parts.ts";
import { readLift } from "./read-lift.ts";
import { lift } from "./schemas.ts";

const route = routesOf("prompts");

const overall = route("GET /v1/lift", "What guidance changes, over all types of query", {
  scope: "read",
  description: "Of everything that was ever guided or held out. GET /v1/clusters/{topic} has the same for one.",
  answers: { 200: jsonAnswer("How much likelier or less likely failures became", lift) },
});

export const liftRoutes = createRouter().openapi(overall, async (c) =>
  c.json(await readLift(c.var.services.db, "all"), 200),
);
