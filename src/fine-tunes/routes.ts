import { createRouter } from "../http/app-env.ts";
import { note } from "../http/note.ts";
import { idParam, jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { cancelFineTunes } from "./cancel-fine-tune.ts";
import { getFineTune, listFineTunes } from "./queries.ts";
import { requestFineTune } from "./request-fine-tune.ts";
import { fineTuneInput, fineTuneOutput, fineTunePage, fineTuneQuery } from "./schemas.ts";

const route = routesOf("fine-tunes");
const params = idParam("a fine-tune's");
const one = (description: string) => jsonAnswer(description, fineTuneOutput);

const request = route("POST /v1/fine-tunes", "Train a model on an export", {
  scope: "export",
  request: { body: jsonBody(fineTuneInput) },
  answers: { 202: one("Accepted") },
  problems: ["not_found", "conflict"],
});

const list = route("GET /v1/fine-tunes", "Fine-tunes, newest first", {
  scope: "export",
  request: { query: fineTuneQuery },
  answers: { 200: jsonAnswer("A page", fineTunePage) },
});

const get = route("GET /v1/fine-tunes/{id}", "One fine-tune, with its events and loss", {
  scope: "export",
  request: { params },
  answers: { 200: one("The fine-tune") },
  problems: ["not_found"],
});

const cancel = route("POST /v1/fine-tunes/{id}/cancel", "Cancel a fine-tune", {
  scope: "export",
  request: { params },
  answers: { 202: one("The fine-tune as it is now") },
  problems: ["not_found"],
});

export const fineTuneRoutes = createRouter()
  .openapi(request, async (c) => {
    const { id } = await requestFineTune(c.var.services, c.req.valid("json"));
    note(c, { subject: id });
    c.header("location", `/v1/fine-tunes/${id}`);
    return c.json(await getFineTune(c.var.services.db, id), 202);
  })
  .openapi(list, async (c) => c.json(await listFineTunes(c.var.services.db, c.req.valid("query")), 200))
  .openapi(get, async (c) => c.json(await getFineTune(c.var.services.db, c.req.valid("param").id), 200))
  .openapi(cancel, async (c) => {
    const { id } = await getFineTune(c.var.services.db, c.req.valid("param").id);
    await cancelFineTunes(c.var.services, [id], null);
    return c.json(await getFineTune(c.var.services.db, id), 202);
  });
