import { createRoute, z } from "@hono/zod-openapi";
import { touchClusters } from "../clusters/context/read-context.ts";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { noSuch, RedraftError } from "../lib/errors.ts";
import { CONFLICT, ERASED, importFailures } from "./import-failures.ts";
import { getFailure, listFailures } from "./queries.ts";
import { recordFailures } from "./record-failures.ts";
import { failureInput, failureOutput, failurePage, failureQuery, importOutput } from "./schemas.ts";

export const NDJSON = "application/x-ndjson";

const tags = ["failures"];
const idParam = z.object({ id: z.uuid("must be a failure's id") });

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
    200: {
      description: "Recorded before; or, for NDJSON, what became of the lines",
      content: { "application/json": { schema: z.union([failureOutput, importOutput]) } },
    },
    201: { description: "Recorded", content: { "application/json": { schema: failureOutput } } },
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
    200: { description: "A page", content: { "application/json": { schema: failurePage } } },
    ...problems("invalid"),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/failures/{id}",
  tags,
  summary: "One failure",
  request: { params: idParam },
  responses: {
    200: { description: "The failure", content: { "application/json": { schema: failureOutput } } },
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
    const {
      results: [recorded],
      changed,
    } = await recordFailures(services, [input]);
    if (recorded === undefined) throw new Error("recordFailures gave no result");
    if (changed.length > 0) waitUntilOf(c)(touchClusters(services, changed));
    if (recorded.result === "erased") {
      throw new RedraftError("conflict", "A failure with this external_id was erased.", [
        { pointer: "/external_id", detail: ERASED.replace("external_id ", "") },
      ]);
    }
    if (recorded.result === "conflict") {
      throw new RedraftError("conflict", `The failure ${recorded.id} holds other content under this external_id.`, [
        { pointer: "/external_id", detail: CONFLICT.replace("external_id ", "") },
      ]);
    }
    const failure = await getFailure(services.db, recorded.id);
    if (failure === null) throw new Error("a failure just recorded is gone");
    return c.json(failure, recorded.result === "recorded" ? 201 : 200);
  })
  .openapi(list, async (c) => c.json(await listFailures(c.var.services.db, c.req.valid("query")), 200))
  .openapi(get, async (c) => {
    const failure = await getFailure(c.var.services.db, c.req.valid("param").id);
    if (failure === null) throw noSuch("failure");
    return c.json(failure, 200);
  });
