import { createRouter } from "../http/app-env.ts";
import { idParam, jsonAnswer, routesOf } from "../http/route-parts.ts";
import { found } from "../lib/errors.ts";
import { eraseFailures } from "./erase-failures.ts";
import { getErasure, listErasures } from "./queries.ts";
import { erasureOutput, erasurePage, erasureQuery } from "./schemas.ts";

const route = routesOf("failures");
const params = idParam("a failure's");

const erase = route("DELETE /v1/failures/{id}", "Erase a failure everywhere it went", {
  scope: "admin",
  description: "Repeating it changes nothing. Where something could not be removed at once, the state is `running`.",
  request: { params },
  answers: { 200: jsonAnswer("Erased; what held it, and what remains with whom", erasureOutput) },
  problems: ["not_found"],
});

const list = route("GET /v1/erasures", "Erasures, newest first", {
  scope: "read",
  request: { query: erasureQuery },
  answers: { 200: jsonAnswer("A page", erasurePage) },
});

const get = route("GET /v1/erasures/{id}", "What an erasure removed where, and what remains with whom", {
  scope: "read",
  request: { params },
  answers: { 200: jsonAnswer("The erasure as it is now", erasureOutput) },
  problems: ["not_found"],
});

export const erasureRoutes = createRouter()
  .openapi(erase, async (c) => {
    const { id } = c.req.valid("param");
    await eraseFailures(c.var.services, [id]);
    return c.json(found(await getErasure(c.var.services, id), "failure"), 200);
  })
  .openapi(list, async (c) => c.json(await listErasures(c.var.services, c.req.valid("query")), 200))
  .openapi(get, async (c) => c.json(found(await getErasure(c.var.services, c.req.valid("param").id), "erasure"), 200));
