import { createRoute, z } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { RedraftError } from "../lib/errors.ts";
import { getRun } from "./queries.ts";
import { runCreated, runInput, runOutput } from "./schemas.ts";
import { startRun } from "./start-run.ts";

const tags = ["corrections"];

const start = createRoute({
  method: "post",
  path: "/v1/correction-runs",
  tags,
  summary: "Correct all failures that are not corrected yet",
  request: { body: { content: { "application/json": { schema: runInput } } } },
  responses: {
    202: { description: "Accepted", content: { "application/json": { schema: runCreated } } },
    ...problems("invalid"),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/correction-runs/{id}",
  tags,
  summary: "How far a run is",
  request: { params: z.object({ id: z.uuid("must be a run's id") }) },
  responses: {
    200: { description: "The run", content: { "application/json": { schema: runOutput } } },
    ...problems("not_found"),
  },
});

export const correctionRoutes = createRouter()
  .openapi(start, async (c) => c.json(await startRun(c.var.services, c.req.valid("json")), 202))
  .openapi(get, async (c) => {
    const run = await getRun(c.var.services.db, c.req.valid("param").id);
    if (run === null) throw new RedraftError("not_found", "There is no run with this id.");
    return c.json(run, 200);
  });
