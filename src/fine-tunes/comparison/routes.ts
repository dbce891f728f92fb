import { type AppContext, createRouter } from "../../http/app-env.ts";
import { idParam, jsonAnswer, jsonBody, routesOf } from "../../http/route-parts.ts";
import { RedraftError } from "../../lib/errors.ts";
import { cancelComparison } from "./cancel-comparison.ts";
import { getComparison, listCases } from "./queries.ts";
import { requestComparison } from "./request-comparison.ts";
import { casePage, caseQuery, comparisonInput, comparisonOutput } from "./schemas.ts";

const route = routesOf("fine-tunes");
const path = "/v1/fine-tunes/{id}/comparison";
const params = idParam("a fine-tune's");
const one = (description: string) => jsonAnswer(description, comparisonOutput);

const request = route(`POST ${path}`, "Compare a tuned model with its base, on failures it has not seen", {
  scope: "export",
  description:
    "Both models are asked what a training line asks, and their replies are judged blind, with the rubric of " +
    "corrections. While a comparison is under way, this answers with that one.",
  request: { params, body: { ...jsonBody(comparisonInput), required: false } },
  answers: { 202: one("Accepted") },
  problems: ["not_found", "conflict"],
});

const get = route(`GET ${path}`, "The newest comparison of a fine-tune: its progress and its results so far", {
  scope: "export",
  request: { params },
  answers: { 200: one("The comparison") },
  problems: ["not_found"],
});

const cancel = route(`POST ${path}/cancel`, "Cancel a comparison that is under way", {
  scope: "export",
  description: "Cases that are being answered are finished and kept. Cancelling one that is over changes nothing.",
  request: { params },
  answers: { 200: one("The comparison") },
  problems: ["not_found"],
});

const cases = route(`GET ${path}/cases`, "Its cases, with both replies and their ratings", {
  scope: "export",
  request: { params, query: caseQuery },
  answers: { 200: jsonAnswer("A page", casePage) },
  problems: ["not_found"],
});

export const comparisonRoutes = createRouter()
  .openapi(request, async (c) => {
    const { id } = c.req.valid("param");
    await requestComparison(c.var.services, id, c.req.valid("json"));
    c.header("location", `/v1/fine-tunes/${id}/comparison`);
    return c.json(await oneComparison(c, id), 202);
  })
  .openapi(get, async (c) => c.json(await oneComparison(c, c.req.valid("param").id), 200))
  .openapi(cancel, async (c) => {
    const { id } = c.req.valid("param");
    await cancelComparison(c.var.services, id);
    return c.json(await oneComparison(c, id), 200);
  })
  .openapi(cases, async (c) => {
    const { id } = await oneComparison(c, c.req.valid("param").id);
    return c.json(await listCases(c.var.services.db, id, c.req.valid("query")), 200);
  });

async function oneComparison(c: AppContext, fineTuneId: string) {
  const comparison = await getComparison(c.var.services.db, fineTuneId);
  if (comparison === null) throw new RedraftError("not_found", "This fine-tune has not been compared.");
  return comparison;
}
