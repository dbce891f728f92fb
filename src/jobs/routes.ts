import { createRouter } from "../http/app-env.ts";
import { idParam, jsonAnswer, routesOf } from "../http/route-parts.ts";
import { noSuch } from "../lib/errors.ts";
import { listDeadLetters, replayDeadLetter } from "./dead-letters.ts";
import { deadLetterPage, deadLetterQuery } from "./schemas.ts";

const route = routesOf("corrections");

const letters = route("GET /v1/dead-letters", "Messages that no consumer could deal with, newest first", {
  scope: "read",
  request: { query: deadLetterQuery },
  answers: { 200: jsonAnswer("A page", deadLetterPage) },
});

const replay = route("POST /v1/dead-letters/{id}/replay", "Send a dead letter again; twice does no harm", {
  scope: "admin",
  request: { params: idParam("a dead letter's") },
  answers: { 204: { description: "Sent" } },
  problems: ["not_found"],
});

export const deadLetterRoutes = createRouter()
  .openapi(letters, async (c) => c.json(await listDeadLetters(c.var.services.db, c.req.valid("query")), 200))
  .openapi(replay, async (c) => {
    const sent = await replayDeadLetter(c.var.services, c.req.valid("param").id);
    if (!sent) throw noSuch("dead letter");
    return c.body(null, 204);
  });
