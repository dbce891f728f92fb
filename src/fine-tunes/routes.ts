import { createRoute } from "@hono/zod-openapi";
import { type AppContext, createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { idParam, jsonAnswer, jsonBody } from "../http/route-parts.ts";
import { found } from "../lib/errors.ts";
import { getFineTune, listFineTunes } from "./queries.ts";
import { requestFineTune } from "./request-fine-tune.ts";
import { cancelFineTune } from "./run-fine-tune.ts";
import { fineTuneInput, fineTuneOutput, fineTunePage, fineTuneQuery } from "./schemas.ts";

const tags = ["fine-tunes"];
const params = idParam("a fine-tune's");
const one = (description: string) => jsonAnswer(description, fineTuneOutput);

const request = createRoute({
  method: "post",
  path: "/v1/fine-tunes",
  tags,
  summary: "Train a model on an export",
  request: { body: jsonBody(fineTuneInput) },
  responses: { 202: one("Accepted"), ...problems("invalid", "not_found", "conflict") },
});

const list = createRoute({
  method: "get",
  path: "/v1/fine-tunes",
  tags,
  summary: "Fine-tunes, newest first",
  request: { query: fineTuneQuery },
  responses: { 200: jsonAnswer("A page", fineTunePage), ...problems("invalid") },
});

const get = createRoute({
  method: "get",
  path: "/v1/fine-tunes/{id}",
  tags,
  summary: "One fine-tune, with its events and loss",
  request: { params },
  responses: { 200: one("The fine-tune"), ...problems("not_found") },
});

const cancel = createRoute({
  method: "post",
  path: "/v1/fine-tunes/{id}/cancel",
  tags,
  summary: "Cancel a fine-tune",
  request: { params },
  responses: { 202: one("The fine-tune as it is now"), ...problems("not_found") },
});

export const fineTuneRoutes = createRouter()
  .openapi(request, async (c) => {
    const { id } = await requestFineTune(c.var.services, c.req.valid("json"));
    c.header("location", `/v1/fine-tunes/${id}`);
    return c.json(await oneFineTune(c, id), 202);
  })
  .openapi(list, async (c) => c.json(await listFineTunes(c.var.services.db, c.req.valid("query")), 200))
  .openapi(get, async (c) => c.json(await oneFineTune(c, c.req.valid("param").id), 200))
  .openapi(cancel, async (c) => {
    const { id } = await oneFineTune(c, c.req.valid("param").id);
    await cancelFineTune(c.var.services, id);
    return c.json(await oneFineTune(c, id), 202);
  });

async function oneFineTune(c: AppContext, id: string) {
  return found(await getFineTune(c.var.services.db, id), "fine-tune");
}
