import { createRouter } from "../http/app-env.ts";
import { note } from "../http/note.ts";
import { idParam, jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { previewWithdrawal } from "./preview-withdrawal.ts";
import { getWithdrawal, listWithdrawals } from "./queries.ts";
import { requestWithdrawal, undoWithdrawal } from "./request-withdrawal.ts";
import {
  previewInput,
  previewOutput,
  withdrawalCreated,
  withdrawalInput,
  withdrawalOutput,
  withdrawalPage,
  withdrawalQuery,
} from "./schemas.ts";

const route = routesOf("withdrawals");
const ownId = idParam("a withdrawal's");

const preview = route("POST /v1/withdrawals/preview", "What withdrawing many failures would touch; changes nothing", {
  scope: "read",
  request: { body: jsonBody(previewInput) },
  answers: { 200: jsonAnswer("What it would touch, and a token for it", previewOutput) },
});

const request = route("POST /v1/withdrawals", "Withdraw many failures at once", {
  scope: "admin",
  description:
    "Takes failures, their improvements, the outcomes they brought and the lessons learned from them out of everything " +
    "that Redraft serves, learns from and exports; files that hold them are closed until they are rebuilt. Failures " +
    "recorded after this call are not in it. Their external ids stay taken: the same content is a duplicate, other content " +
    "a conflict.",
  request: { body: jsonBody(withdrawalInput) },
  answers: { 202: jsonAnswer("Accepted", withdrawalCreated) },
  problems: ["conflict"],
});

const list = route("GET /v1/withdrawals", "Withdrawals, newest first", {
  scope: "read",
  request: { query: withdrawalQuery },
  answers: { 200: jsonAnswer("A page", withdrawalPage) },
});

const get = route("GET /v1/withdrawals/{id}", "One withdrawal, with how far it has come", {
  scope: "read",
  request: { params: ownId },
  answers: { 200: jsonAnswer("The withdrawal", withdrawalOutput) },
  problems: ["not_found"],
});

const undo = route("POST /v1/withdrawals/{id}/undo", "Put back what a withdrawal set aside", {
  scope: "admin",
  description: "Files that were rebuilt meanwhile stay without it until they are rebuilt once more.",
  request: { params: ownId },
  answers: { 202: jsonAnswer("The withdrawal as it is now", withdrawalOutput) },
  problems: ["not_found", "conflict"],
});

export const withdrawalRoutes = createRouter()
  .openapi(preview, async (c) => c.json(await previewWithdrawal(c.var.services, c.req.valid("json")), 200))
  .openapi(request, async (c) => {
    const created = await requestWithdrawal(c.var.services, c.req.valid("json"), c.var.actor);
    note(c, { subject: created.id, after: { mode: c.req.valid("json").mode, failures: created.total } });
    c.header("location", `/v1/withdrawals/${created.id}`);
    return c.json(created, 202);
  })
  .openapi(list, async (c) => c.json(await listWithdrawals(c.var.services.db, c.req.valid("query")), 200))
  .openapi(get, async (c) => c.json(await getWithdrawal(c.var.services.db, c.req.valid("param").id), 200))
  .openapi(undo, async (c) => {
    const { id } = c.req.valid("param");
    await undoWithdrawal(c.var.services, id);
    return c.json(await getWithdrawal(c.var.services.db, id), 202);
  });
