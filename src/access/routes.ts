import { createRouter } from "../http/app-env.ts";
import { note } from "../http/note.ts";
import { idParam, jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { makeKey, noteOf } from "./make-key.ts";
import { listKeys, listPeople } from "./queries.ts";
import { revokeKey } from "./revoke-key.ts";
import { keyCreated, keyInput, keyPage, keyQuery, peoplePage, peopleQuery } from "./schemas.ts";

const route = routesOf("keys");

const make = route("POST /v1/keys", "Make a key", {
  scope: "admin",
  description:
    "The answer is the only time that the key is shown. Two that do the same may be live while one replaces the other.",
  request: { body: jsonBody(keyInput) },
  answers: { 201: jsonAnswer("Made", keyCreated) },
});

const list = route("GET /v1/keys", "Keys, newest first", {
  scope: "admin",
  request: { query: keyQuery },
  answers: { 200: jsonAnswer("A page", keyPage) },
});

const revoke = route("DELETE /v1/keys/{id}", "Revoke a key, its sessions and its links", {
  scope: "admin",
  description: "It opens nothing any more within a minute, wherever it is used.",
  request: { params: idParam("a key's") },
  answers: { 204: { description: "Revoked" } },
  problems: ["not_found"],
});

const seen = route("GET /v1/people", "People whom Cloudflare Access let in, newest first", {
  scope: "admin",
  request: { query: peopleQuery },
  answers: { 200: jsonAnswer("A page", peoplePage) },
});

export const keyRoutes = createRouter()
  .openapi(make, async (c) => {
    const made = await makeKey(c.var.services, c.req.valid("json"), c.var.actor);
    note(c, noteOf(made));
    return c.json(made, 201);
  })
  .openapi(list, async (c) => c.json(await listKeys(c.var.services.db, c.req.valid("query")), 200))
  .openapi(seen, async (c) => c.json(await listPeople(c.var.services.db, c.req.valid("query")), 200))
  .openapi(revoke, async (c) => {
    await revokeKey(c.var.services, c.req.valid("param").id, c.var.actor);
    return c.body(null, 204);
  });
