import { createRoute, z } from "@hono/zod-openapi";
import { type AppContext, createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { serveObject } from "../http/serve-object.ts";
import { RedraftError } from "../lib/errors.ts";
import { trainingKey } from "./export-state.ts";
import { getExport, listExports } from "./queries.ts";
import { requestExport } from "./request-export.ts";
import { exportCreated, exportInput, exportOutput, exportPage, exportQuery } from "./schemas.ts";

const tags = ["exports"];
const idParam = z.object({
  id: z.union([z.uuid(), z.literal("latest")], 'must be an export\'s id, or "latest"').openapi({ type: "string" }),
});

const request = createRoute({
  method: "post",
  path: "/v1/exports",
  tags,
  summary: "Write a training file",
  request: { body: { content: { "application/json": { schema: exportInput } } } },
  responses: {
    202: { description: "Accepted", content: { "application/json": { schema: exportCreated } } },
    ...problems("invalid"),
  },
});

const list = createRoute({
  method: "get",
  path: "/v1/exports",
  tags,
  summary: "Exports, newest first",
  request: { query: exportQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: exportPage } } },
    ...problems("invalid"),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/exports/{id}",
  tags,
  summary: "One export",
  request: { params: idParam },
  responses: {
    200: { description: "The export", content: { "application/json": { schema: exportOutput } } },
    ...problems("not_found"),
  },
});

const download = createRoute({
  method: "get",
  path: "/v1/exports/{id}/training_data.jsonl",
  tags,
  summary: "The training file",
  description: "Takes Range and If-None-Match. `latest` is the newest export that is done.",
  request: { params: idParam },
  responses: {
    200: { description: "One JSON line per example", content: { "application/jsonl": { schema: z.string() } } },
    206: { description: "Part of the file" },
    304: { description: "Unchanged" },
    ...problems("not_found", "conflict", "range_not_satisfiable"),
  },
});

export const exportRoutes = createRouter()
  .openapi(request, async (c) => {
    const created = await requestExport(c.var.services, c.req.valid("json"));
    c.header("location", `/v1/exports/${created.id}`);
    return c.json(created, 202);
  })
  .openapi(list, async (c) => c.json(await listExports(c.var.services.db, c.req.valid("query")), 200))
  .openapi(get, async (c) => c.json(await found(c, c.req.valid("param").id), 200))
  .openapi(download, async (c) => {
    const { id, status } = await found(c, c.req.valid("param").id);
    if (status !== "done")
      throw new RedraftError("conflict", `The export is ${status}; its file is there once it is done.`);
    return serveObject(c, trainingKey(id), "training_data.jsonl");
  });

async function found(c: AppContext, id: string) {
  const row = await getExport(c.var.services.db, id);
  if (row === null) {
    throw new RedraftError(
      "not_found",
      id === "latest" ? "No export is done yet." : "There is no export with this id.",
    );
  }
  return row;
}
