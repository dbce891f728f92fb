import { createRoute } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { idParam, jsonAnswer } from "../http/route-parts.ts";
import { found } from "../lib/errors.ts";
import { eraseFailure } from "./erase-failure.ts";
import { erasureOutput } from "./schemas.ts";

const erase = createRoute({
  method: "delete",
  path: "/v1/failures/{id}",
  tags: ["failures"],
  summary: "Erase a failure everywhere it went",
  request: { params: idParam("a failure's") },
  responses: { 200: jsonAnswer("Erased; what held it", erasureOutput), ...problems("not_found") },
});

export const erasureRoutes = createRouter().openapi(erase, async (c) =>
  c.json(found(await eraseFailure(c.var.services, c.req.valid("param").id), "failure"), 200),
);
