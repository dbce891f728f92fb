import { createRoute, z } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { idParam, jsonAnswer, jsonBody } from "../http/route-parts.ts";
import { found } from "../lib/errors.ts";
import { openGate } from "../llm/gatekeeper.ts";
import { estimateRun } from "./estimate-run.ts";
import { getRun, listRuns } from "./queries.ts";
import { runCreated, runEstimate, runInput, runOutput, runPage, runQuery } from "./schemas.ts";
import { startRun } from "./start-run.ts";

const tags = ["corrections"];

const start = createRoute({
  method: "post",
  path: "/v1/correction-runs",
  tags,
  summary: "Correct every failure that has no correction yet",
  request: {
    query: z.strictObject({
      dry_run: z
        .stringbool()
        .default(false)
        .openapi({ type: "boolean", description: "Only estimate what it would cost." }),
    }),
    body: jsonBody(runInput),
  },
  responses: {
    200: jsonAnswer("The estimate", runEstimate),
    202: jsonAnswer("Accepted", runCreated),
    ...problems("invalid"),
  },
});

const list = createRoute({
  method: "get",
  path: "/v1/correction-runs",
  tags,
  summary: "Runs, newest first",
  request: { query: runQuery },
  responses: {
    200: jsonAnswer("A page", runPage),
    ...problems("invalid"),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/correction-runs/{id}",
  tags,
  summary: "How far a run is",
  request: { params: idParam("a run's") },
  responses: {
    200: jsonAnswer("The run", runOutput),
    ...problems("not_found"),
  },
});

const resume = createRoute({
  method: "post",
  path: "/v1/corrections/resume",
  tags,
  summary: "Resume paused corrections at once",
  description: "Corrections also resume on their own: what paused them is probed every few minutes.",
  responses: { 204: { description: "Resumed" }, ...problems() },
});

export const correctionRoutes = createRouter()
  .openapi(start, async (c) => {
    const filter = c.req.valid("json");
    if (c.req.valid("query").dry_run) return c.json(await estimateRun(c.var.services, filter), 200);
    const run = await startRun(c.var.services, filter);
    c.header("location", `/v1/correction-runs/${run.id}`);
    return c.json(run, 202);
  })
  .openapi(list, async (c) => c.json(await listRuns(c.var.services, c.req.valid("query")), 200))
  .openapi(get, async (c) => c.json(found(await getRun(c.var.services, c.req.valid("param").id), "run"), 200))
  .openapi(resume, async (c) => {
    await openGate(c.var.services);
    return c.body(null, 204);
  });
