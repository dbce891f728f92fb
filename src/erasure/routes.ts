import { createRouter } from "../http/app-env.ts";
import { idParam, jsonAnswer, routesOf } from "../http/route-parts.ts";
import { found } from "../lib/errors.ts";
import { eraseFailure } from "./erase-failure.ts";
import { erasureOutput } from "./schemas.ts";

const route = routesOf("failures");

const erase = route("DELETE /v1/failures/{id}", "Erase a failure everywhere it went", {
  request: { params: idParam("a failure's") },
  answers: { 200: jsonAnswer("Erased; what held it", erasureOutput) },
  problems: ["not_found"],
});

export const erasureRoutes = createRouter().openapi(erase, async (c) =>
  c.json(found(await eraseFailure(c.var.services, c.req.valid("param").id), "failure"), 200),
);
