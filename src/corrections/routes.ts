import { z } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { note } from "../http/note.ts";
import { idParam, jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { openGate } from "../llm/gatekeeper.ts";
import { estimateRun } from "./estimate-run.ts";
import { getRun, listRuns } from "./queries.ts";
import { runCreated, runEstimate, runInput, runOutput, runPage, runQuery } from "./schemas.ts";
import { startRun } from "./start-run.ts";

const route = routesOf("corrections");

const start = route("POST /v1/correction-runs", "Correct every failure that has no correction yet", {
  scope: "review",
  request: {
    query: z.strictObject({
      dry_run: z
        .stringbool()
        .default(false)
        .openapi({ type: "boolean", description: "Only estimate what it would cost." }),
    }),
    body: jsonBody(runInput),
  },
  answers: { 200: jsonAnswer("The estimate", runEstimate), 202: jsonAnswer("Accepted", runCreated) },
});

const list = route("GET /v1/correction-runs", "Runs, newest first", {
  scope: "read",
  request: { query: runQuery },
  answers: { 200: jsonAnswer("A page", runPage) },
});

const get = route("GET /v1/correction-runs/{id}", "How far a run is", {
  scope: "read",
  request: { params: idParam("a run's") },
  answers: { 200: jsonAnswer("The run", runOutput) },
  problems: ["not_found"],
});

const resume = route("POST /v1/corrections/resume", "Resume paused corrections at once", {
  scope: "review",
  description: "Corrections also resume on their own: what paused them is probed every few minutes.",
  answers: { 204: { description: "Resumed" } },
});

export const correctionRoutes = createRouter()
  .openapi(start, async (c) => {
    const filter = c.req.valid("json");
    if (c.req.valid("query").dry_run) {
      note(c, { changed: false });
      return c.json(await estimateRun(c.var.services, filter), 200);
    }
    const run = await startRun(c.var.services, filter);
    note(c, { subject: run.id });
    c.header("location", `/v1/correction-runs/${run.id}`);
    return c.json(run, 202);
  })
  .openapi(list, async (c) => c.json(await listRuns(c.var.services, c.req.valid("query")), 200))
  .openapi(get, async (c) => c.json(await getRun(c.var.services, c.req.valid("param").id), 200))
  .openapi(resume, async (c) => {
    await openGate(c.var.services);
    return c.body(null, 204);
  });
