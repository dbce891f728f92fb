import { z } from "@hono/zod-openapi";
import { describe, expect, expectTypeOf, it } from "vitest";
import { createRouter } from "../../src/http/app-env.ts";
import { idParam, jsonAnswer, jsonBody, routesOf } from "../../src/http/route-parts.ts";

const route = routesOf("exports");
const answers = { 202: jsonAnswer("Accepted", z.object({ rows: z.int() })) };

describe("a route", () => {
  it("keeps the types of what goes in and out", () => {
    const body = jsonBody(z.object({ system: z.string() }));
    const write = route("POST /v1/things/{id}", "Write it", {
      scope: "export",
      request: { params: idParam("a thing's"), body },
      answers,
    });
    expectTypeOf(write.method).toEqualTypeOf<"post">();
    expectTypeOf(write.getRoutingPath()).toEqualTypeOf<"/v1/things/:id">();
    createRouter().openapi(write, (c) => {
      expectTypeOf(c.req.valid("json")).toEqualTypeOf<{ system: string }>();
      expectTypeOf(c.req.valid("param")).toEqualTypeOf<{ id: string }>();
      return c.json({ rows: 1 }, 202);
    });
  });

  it("does not compile without saying what it needs", () => {
    // @ts-expect-error: `scope` is missing
    const bare = route("GET /v1/things", "List them", { answers });
    expect(bare.path).toBe("/v1/things");
    // @ts-expect-error: there is no such scope
    route("GET /v1/things", "List them", { scope: "everything", answers });
  });

  it("lists the problems that its parameters and its body can have", () => {
    const statuses = (parts: object) =>
      Object.keys(route("PUT /v1/things", "Set it", { scope: "export", answers, ...parts }).responses);
    const request = { body: jsonBody(z.object({})) };
    expect(statuses({})).toEqual(["202", "401", "403", "429"]);
    expect(statuses({ request: { params: idParam("a thing's") }, problems: ["not_found"] })).toEqual([
      "202",
      "400",
      "401",
      "403",
      "404",
      "429",
    ]);
    expect(statuses({ request })).toEqual(["202", "400", "401", "403", "413", "415", "429"]);
    expect(statuses({ request, unchecked: true })).toEqual(["202", "401", "403", "429"]);
    const read = route("GET /v1/things", "List them", { scope: "read", answers });
    expect(Object.keys(read.responses)).toEqual(["202", "401", "403", "429"]);
    const open = route("GET /v1/things", "List them", { scope: "public", answers });
    expect(Object.keys(open.responses)).toEqual(["202", "401", "429"]);
  });
});
