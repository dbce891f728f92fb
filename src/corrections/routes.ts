import { createRoute, z } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { noSuch } from "../lib/errors.ts";
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
  summary: "Correct all failures that are not corrected yet",
  request: {
    query: z.strictObject({
      dry_run: z
        .stringbool()
        .default(false)
        .openapi({ type: "boolean", description: "Only estimate what it would cost." }),
    }),
    body: { content: { "application/json": { schema: runInput } } },
  },
  responses: {
    200: { description: "The estimate", content: { "application/json": { schema: runEstimate } } },
    202: { description: "Accepted", content: { "application/json": { schema: runCreated } } },
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
    200: { description: "A page", content: { "application/json": { schema: runPage } } },
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

const resume = createRoute({
  method: "post",
  path: "/v1/corrections/resume",
  tags,
  summary: "Go on at once after what paused corrections was mended",
  description: "They also go on by themselves: a paused gate is probed every few minutes.",
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
  .openapi(get, async (c) => {
    const run = await getRun(c.var.services, c.req.valid("param").id);
    if (run === null) throw noSuch("run");
    return c.json(run, 200);
  })
  .openapi(resume, async (c) => {
    await openGate(c.var.services);
    return c.body(null, 204);
  });
