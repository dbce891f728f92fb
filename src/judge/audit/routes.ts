import { createRouter } from "../../http/app-env.ts";
import { idParam, jsonAnswer, jsonBody, routesOf } from "../../http/route-parts.ts";
import { nextItem } from "./next-item.ts";
import { rateItem } from "./rate-item.ts";
import { listLabels } from "./read-audit.ts";
import { labelCreated, labelInput, labelPage, labelQuery, nextOutput, nextQuery } from "./schemas.ts";

const route = routesOf("audit");

const next = route("GET /v1/audit/next", "What a person is to rate next: two replies in random order, blind", {
  scope: "review",
  description:
    "Improvements are drawn at random, each with the same known probability; the same item comes until it is rated. Whoever calls is the person who rates, and gets no item twice.",
  request: { query: nextQuery },
  answers: { 200: jsonAnswer("An item", nextOutput) },
});

const rate = route("POST /v1/audit/items/{id}/labels", "Say which reply is better, and rate both", {
  scope: "review",
  request: { params: idParam("an audit item's"), body: jsonBody(labelInput) },
  answers: { 201: jsonAnswer("Kept", labelCreated) },
  problems: ["not_found", "conflict"],
});

const labels = route("GET /v1/audit/labels", "What people said, with which reply was the old one", {
  scope: "read",
  request: { query: labelQuery },
  answers: { 200: jsonAnswer("A page, newest first", labelPage) },
});

export const auditRoutes = createRouter()
  .openapi(next, async (c) => c.json({ item: await nextItem(c.var.services, c.var.actor) }, 200))
  .openapi(rate, async (c) =>
    c.json({ id: await rateItem(c.var.services, c.req.valid("param").id, c.req.valid("json"), c.var.actor) }, 201),
  )
  .openapi(labels, async (c) => c.json(await listLabels(c.var.services.db, c.req.valid("query")), 200));
