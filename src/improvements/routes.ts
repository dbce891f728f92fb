import { createRouter } from "../http/app-env.ts";
import { note } from "../http/note.ts";
import { idParam, jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { RedraftError } from "../lib/errors.ts";
import { getImprovement, improvementCredit, listImprovements } from "./queries.ts";
import { reviewImprovement } from "./review-improvement.ts";
import {
  creditOutput,
  creditQuery,
  improvementOutput,
  improvementPage,
  improvementQuery,
  reviewInput,
} from "./schemas.ts";

const route = routesOf("improvements");

const list = route("GET /v1/improvements", "The leaderboard: the most improved replies", {
  scope: "read",
  request: { query: improvementQuery },
  answers: { 200: jsonAnswer("A page", improvementPage) },
});

const credit = route("GET /v1/improvements/credit", "What was gained, by failure category and by correcting agent", {
  scope: "read",
  request: { query: creditQuery },
  answers: { 200: jsonAnswer("Those with the most points first", creditOutput) },
});

const review = route("POST /v1/improvements/{id}/review", "Approve an improvement, edited or as it is, or reject it", {
  scope: "review",
  request: { params: idParam("an improvement's"), body: jsonBody(reviewInput) },
  answers: { 200: jsonAnswer("The improvement as it is now", improvementOutput) },
  problems: ["not_found", "conflict"],
});

export const improvementRoutes = createRouter()
  .openapi(list, async (c) => c.json(await listImprovements(c.var.services.db, c.req.valid("query")), 200))
  .openapi(credit, async (c) => c.json(await improvementCredit(c.var.services.db, c.req.valid("query").review), 200))
  .openapi(review, async (c) => {
    const { id } = c.req.valid("param");
    const review = c.req.valid("json");
    await reviewImprovement(c.var.services, id, review, c.var.actor);
    note(c, { after: { decision: review.decision, edited: review.corrected_reply !== undefined } });
    const improvement = await getImprovement(c.var.services.db, id);
    if (improvement === null) throw new RedraftError("not_found", "It has since been erased.");
    return c.json(improvementOutput.parse(improvement), 200);
  });
