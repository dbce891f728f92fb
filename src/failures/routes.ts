import { z } from "@hono/zod-openapi";
import { touchClusters } from "../clusters/context/read-context.ts";
import { createRouter } from "../http/app-env.ts";
import { mediaType } from "../http/check-body.ts";
import { idParam, jsonAnswer, routesOf } from "../http/route-parts.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { RedraftError } from "../lib/errors.ts";
import { CONFLICT, ERASED, importFailures } from "./import-failures.ts";
import { getFailure, listFailures } from "./queries.ts";
import { type Recorded, recordFailures } from "./record-failures.ts";
import { type FailureInput, failureInput, failureOutput, failurePage, failureQuery, importOutput } from "./schemas.ts";

export const NDJSON = "application/x-ndjson";

/** Where NDJSON is streamed, whatever its length. */
export const IMPORTS = "/v1/failures";

const route = routesOf("failures");

const record = route("POST /v1/failures", "Record a failed reply, or many as NDJSON", {
  scope: "ingest",
  description:
    "One failure as JSON, or a failure a line as `application/x-ndjson`, streamed, any number of lines. Safe to " +
    "repeat: the same `external_id` with the same content is recorded once; that of an erased failure never again (409).",
  request: { body: { content: { "application/json": { schema: failureInput }, [NDJSON]: { schema: z.string() } } } },
  answers: {
    200: jsonAnswer("Recorded before; or, for NDJSON, what became of the lines", failureOutput.or(importOutput)),
    201: jsonAnswer("Recorded", failureOutput),
  },
  problems: ["conflict", "unavailable"],
});

const list = route("GET /v1/failures", "List failures, newest first", {
  scope: "read",
  request: { query: failureQuery },
  answers: { 200: jsonAnswer("A page", failurePage) },
});

const get = route("GET /v1/failures/{id}", "One failure", {
  scope: "read",
  request: { params: idParam("a failure's") },
  answers: { 200: jsonAnswer("The failure", failureOutput) },
  problems: ["not_found"],
});

export const failureRoutes = createRouter()
  .openapi(record, async (c) => {
    const { services } = c.var;
    if (mediaType(c) === NDJSON) {
      const body = c.req.raw.body ?? new Blob([]).stream();
      return c.json(await importFailures(services, body, waitUntilOf(c)), 200);
    }
    // The types know of both kinds of body, and the other one was streamed.
    const input = c.req.valid("json") as FailureInput;
    const { results, changed } = await recordFailures(services, [input]);
    if (changed.length > 0) waitUntilOf(c)(touchClusters(services, changed));
    const { id, isNew } = recordedOrConflict(results[0]);
    return c.json(await getFailure(services.db, id), isNew ? 201 : 200);
  })
  .openapi(list, async (c) => c.json(await listFailures(c.var.services.db, c.req.valid("query")), 200))
  .openapi(get, async (c) => c.json(await getFailure(c.var.services.db, c.req.valid("param").id), 200));

/** @throws RedraftError `conflict` for an external id that holds other content, or whose failure was erased */
function recordedOrConflict(recorded: Recorded | undefined): { id: string; isNew: boolean } {
  if (recorded === undefined) throw new Error("recordFailures gave no result");
  if (recorded.result === "erased") throw conflict("A failure with this external_id was erased.", ERASED);
  const { id, result } = recorded;
  if (result === "conflict") throw conflict(`The failure ${id} holds other content under this external_id.`, CONFLICT);
  return { id, isNew: result === "recorded" };
}

function conflict(detail: string, problem: string): RedraftError {
  return new RedraftError("conflict", detail, [
    { pointer: "/external_id", detail: problem.replace("external_id ", "") },
  ]);
}
