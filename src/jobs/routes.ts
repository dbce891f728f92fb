import { createRoute, z } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { noSuch } from "../lib/errors.ts";
import { listDeadLetters, replayDeadLetter } from "./dead-letters.ts";
import { deadLetterPage, deadLetterQuery } from "./schemas.ts";

const tags = ["corrections"];

const letters = createRoute({
  method: "get",
  path: "/v1/dead-letters",
  tags,
  summary: "Messages that no consumer could deal with, newest first",
  request: { query: deadLetterQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: deadLetterPage } } },
    ...problems("invalid"),
  },
});

const replay = createRoute({
  method: "post",
  path: "/v1/dead-letters/{id}/replay",
  tags,
  summary: "Send a dead letter again; twice does no harm",
  request: { params: z.object({ id: z.uuid("must be a dead letter's id") }) },
  responses: { 204: { description: "Sent" }, ...problems("not_found") },
});

export const deadLetterRoutes = createRouter()
  .openapi(letters, async (c) => c.json(await listDeadLetters(c.var.services.db, c.req.valid("query")), 200))
  .openapi(replay, async (c) => {
    const sent = await replayDeadLetter(c.var.services, c.req.valid("param").id);
    if (!sent) throw noSuch("dead letter");
    return c.body(null, 204);
  });
