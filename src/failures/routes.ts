import { createRoute, z } from "@hono/zod-openapi";
import { touchClusters } from "../clusters/context/read-context.ts";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { idParam, jsonAnswer } from "../http/route-parts.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { found, RedraftError } from "../lib/errors.ts";
import { CONFLICT, ERASED, importFailures } from "./import-failures.ts";
import { getFailure, listFailures } from "./queries.ts";
import { type Recorded, recordFailures } from "./record-failures.ts";
import { failureInput, failureOutput, failurePage, failureQuery, importOutput } from "./schemas.ts";

export const NDJSON = "application/x-ndjson";

const tags = ["failures"];

const record = createRoute({
  method: "post",
  path: "/v1/failures",
  tags,
  summary: "Record a failed reply, or many as NDJSON",
  description:
    "One failure as JSON, or a failure a line as `application/x-ndjson`, streamed, any number of lines. Safe to " +
    "repeat: the same `external_id` with the same content is recorded once; that of an erased failure never again (409).",
  request: {
    body: {
      content: { "application/json": { schema: failureInput }, [NDJSON]: { schema: z.string() } },
    },
  },
  responses: {
    200: jsonAnswer(
      "Recorded before; or, for NDJSON, what became of the lines",
      z.union([failureOutput, importOutput]),
    ),
    201: jsonAnswer("Recorded", failureOutput),
    ...problems("invalid", "conflict", "too_large", "unsupported_media_type"),
  },
});

const list = createRoute({
  method: "get",
  path: "/v1/failures",
  tags,
  summary: "List failures, newest first",
  request: { query: failureQuery },
  responses: {
    200: jsonAnswer("A page", failurePage),
    ...problems("invalid"),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/failures/{id}",
  tags,
  summary: "One failure",
  request: { params: idParam("a failure's") },
  responses: {
    200: jsonAnswer("The failure", failureOutput),
    ...problems("not_found"),
  },
});

export const failureRoutes = createRouter()
  .openapi(record, async (c) => {
    const { services } = c.var;
    const contentType = c.req.header("content-type")?.toLowerCase();
    if (contentType?.startsWith(NDJSON)) {
      const body = c.req.raw.body ?? new Blob([]).stream();
      return c.json(await importFailures(services, body, waitUntilOf(c)), 200);
    }
    const input = c.req.valid("json");
    if (contentType === undefined || typeof input === "string") {
      throw new RedraftError("unsupported_media_type", `Send a failure as application/json, or many as ${NDJSON}.`);
    }
    const { results, changed } = await recordFailures(services, [input]);
    if (changed.length > 0) waitUntilOf(c)(touchClusters(services, changed));
    const { id, isNew } = recordedOrConflict(results[0]);
    const failure = await getFailure(services.db, id);
    if (failure === null) throw new Error("a failure just recorded is gone");
    return c.json(failure, isNew ? 201 : 200);
  })
  .openapi(list, async (c) => c.json(await listFailures(c.var.services.db, c.req.valid("query")), 200))
  .openapi(get, async (c) =>
    c.json(found(await getFailure(c.var.services.db, c.req.valid("param").id), "failure"), 200),
  );

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
