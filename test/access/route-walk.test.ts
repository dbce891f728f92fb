import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { routeTable } from "../../dev/lib/route-table.ts";
import { createApp } from "../../src/app.ts";
import { SCOPES, type Scope } from "../../src/db/schema/keys.ts";
import { accessOfEach } from "../../src/http/needs.ts";
import { createWorld } from "../support/world.ts";
import { aKey } from "./a-key.ts";

const pages = import.meta.glob("../../docs/routes.md", { query: "?raw", import: "default", eager: true });
const [documented] = Object.values(pages) as string[];

const world = createWorld();
const app = createApp(() => world.services);
const routes = accessOfEach(app.routes);

const ID = "01920000-0000-7000-8000-000000000000";

/** An address of this route; nothing stands there. */
const addressOf = (path: string) =>
  path
    .replace(":change{cancel|rebuild|delete}", "cancel")
    .replace(":token/:file", "x/manifest.json")
    .replace(/:\w+/g, ID);

function send(method: string, path: string, headers: Record<string, string> = {}) {
  const body = ["GET", "HEAD"].includes(method) ? undefined : "{}";
  const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  return app.request(addressOf(path), { method, headers: { ...type, ...headers }, body }, env);
}

/** As it is sent, and for what is read without its body. */
const methodsOf = (method: string) => (method === "GET" ? ["GET", "HEAD"] : [method]);

async function headersOfEach(): Promise<[Scope, Record<string, string>][]> {
  return Promise.all(SCOPES.map(async (scope) => [scope, (await aKey(world, [scope])).headers] as const)) as Promise<
    [Scope, Record<string, string>][]
  >;
}

describe("every route", () => {
  it("says what it needs, and is in the table of the docs as it is", () => {
    expect(routes.length).toBeGreaterThan(90);
    expect(routes.filter(({ access }) => access === null)).toEqual([]);
    expect(documented).toContain(`${routeTable(routes)}\n`);
  });

  it("is refused without a key, but for those that are public on purpose", async () => {
    const open = routes.filter(({ access }) => access === "public").map(({ method, path }) => `${method} ${path}`);
    expect(open).toEqual([
      "GET /healthz",
      "GET /sign-in",
      "POST /sign-in",
      "GET /v1/links/:token/:file",
      "POST /v1/fine-tunes/webhook",
    ]);
    for (const { method, path, access } of routes) {
      if (access === "public") continue;
      for (const one of methodsOf(method)) expect((await send(one, path)).status, `${one} ${path}`).toBe(401);
      const asPage = await send(method, path, { accept: "text/html" });
      const isPage = method === "GET" && !path.startsWith("/v1/");
      expect(asPage.status, path).toBe(isPage ? 302 : 401);
      if (isPage) expect(asPage.headers.get("location")).toMatch(/^\/sign-in\?next=/);
    }
  });

  it("is refused to a key that has another scope alone, and not to one that has its own", async () => {
    const keys = await headersOfEach();
    let refused = 0;
    for (const { method, path, access } of routes) {
      for (const [scope, headers] of keys) {
        for (const one of methodsOf(method)) {
          const answer = await send(one, path, headers);
          const may =
            access === "any_key" ||
            access === "public" ||
            access === scope ||
            scope === "admin" ||
            (access === "read" && scope === "review");
          const shown = `${one} ${path} with ${scope}: ${answer.status}`;
          // Without a signature, and from no page of ours, the public routes refuse by themselves.
          if (may && access !== "public") expect([401, 403, 500], shown).not.toContain(answer.status);
          if (may) continue;
          refused += 1;
          expect(answer.status, shown).toBe(403);
          expect(answer.headers.get("www-authenticate"), shown).toContain(
            `error="insufficient_scope", scope="${access}"`,
          );
          if (one === "HEAD") continue;
          const problem = (await answer.json()) as { detail?: string; error?: { message: string; code: string } };
          expect(problem.detail ?? problem.error?.message, shown).toContain(`\`${access}\``);
          expect(problem.error !== undefined, shown).toBe(path === "/v1/chat/completions");
        }
      }
    }
    expect(refused).toBeGreaterThan(400);
  }, 120_000);

  it("has its scope in the OpenAPI document", async () => {
    const { paths, components } = await world.json("GET", "/openapi.json");
    expect(components.securitySchemes).toEqual({ bearer: { type: "http", scheme: "bearer" } });
    const api = routes.filter(({ path }) => path.startsWith("/v1/"));
    for (const { method, path, access } of api) {
      const operation = paths[path.replace(/:(\w+)/g, "{$1}")][method.toLowerCase()];
      const expected = access === "public" ? [] : [{ bearer: access === "any_key" ? [] : [access] }];
      expect(operation.security, `${method} ${path}`).toEqual(expected);
      expect(Object.keys(operation.responses).includes("403"), `${method} ${path}`).toBe(access !== "public");
    }
  });

  it("that a bot's key opens shows no customer's text", () => {
    const opened = routes.filter(({ access }) => access === "prompts" || access === "any_key");
    expect(opened.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /sign-out",
      "POST /sign-out/everywhere",
      "GET /v1/bot-model",
      "POST /v1/prompts",
      "POST /v1/outcomes",
      "POST /v1/chat/completions",
      "GET /v1/health",
      "GET /openapi.json",
      "GET /docs",
    ]);
  });
});

describe("a route that does not say what it needs", () => {
  it("answers nobody, and is found by the walk", async () => {
    const bare = createApp(() => world.services);
    let ran = 0;
    for (const path of ["/bare", "/v1/bare"])
      bare.get(path, (c) => {
        ran += 1;
        return c.text("hello");
      });
    bare.all("/v1/all", (c) => {
      ran += 1;
      return c.text("hello");
    });
    const { headers } = await aKey(world, ["admin"]);
    for (const path of ["/bare", "/v1/bare", "/v1/all"])
      for (const given of [{}, headers]) expect((await bare.request(path, { headers: given }, env)).status).toBe(500);
    expect(ran).toBe(0);
    const without = accessOfEach(bare.routes).filter(({ access }) => access === null);
    expect(without.map(({ path }) => path)).toEqual(["/bare", "/v1/bare", "/v1/all"]);
    expect(() => routeTable(without)).toThrow("GET /bare does not say what it needs");
  });
});

describe("an address where nothing is", () => {
  it("is told from others only by those who have a key", async () => {
    const { headers } = await aKey(world, ["prompts"]);
    expect((await send("GET", "/v1/nothing")).status).toBe(401);
    expect((await send("GET", "/v1/nothing", headers)).status).toBe(404);
  });
});
