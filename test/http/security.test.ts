import { env } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { aFailure, createWorld, KEY } from "../support/world.ts";

const app = createApp(() => createWorld().services);

const get = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers }, env);

describe("the door", () => {
  it("opens no route without a key but the health check and the way in", async () => {
    const paths = [...new Set(app.routes.map(({ path }) => path))].filter((path) => !path.includes("*"));
    expect(paths.length).toBeGreaterThan(15);
    for (const path of paths) {
      const response = await get(path.replace(/:\w+/g, "x"));
      const open = ["/healthz", "/sign-in"].includes(path);
      expect(response.status, path).toBe(open ? 200 : 401);
    }
    expect((await get("/nowhere")).status).toBe(401);
  });

  it("takes nothing without a key but the way in and the one route that checks a signature of its own", async () => {
    const writing = app.routes.filter(({ path, method }) => !path.includes("*") && !["GET", "ALL"].includes(method));
    expect(writing.length).toBeGreaterThan(15);
    const open: string[] = [];
    for (const { method, path } of writing) {
      const response = await app.request(path.replace(/:\w+/g, "x"), { method }, env);
      if (response.status !== 401) open.push(`${method} ${path} ${response.status}`);
    }
    // Without its secret the webhook takes nothing either.
    expect([...new Set(open)]).toEqual(["POST /sign-in 403", "POST /v1/fine-tunes/webhook 503"]);
  });

  it("refuses a wrong key, and says how to send one", async () => {
    const response = await get("/v1/failures", { authorization: `Bearer ${KEY}x` });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  it("leads a browser to the sign-in page and back", async () => {
    const away = await get("/?sort=newest", { accept: "text/html" });
    expect(away.status).toBe(302);
    expect(away.headers.get("location")).toBe("/sign-in?next=%2F%3Fsort%3Dnewest");
    const signedIn = await signIn({ key: KEY, next: "/?sort=newest" });
    expect(signedIn.status).toBe(303);
    expect(signedIn.headers.get("location")).toBe("/?sort=newest");
    const cookie = signedIn.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^__Host-redraft_session=.*HttpOnly; Secure; SameSite=Lax/);
    const session = cookie.split(";")[0] ?? "";
    expect((await app.request("https://redraft.test/", { headers: { cookie: session } }, env)).status).toBe(200);
    const forged = session.replace(/=../, "=xx");
    expect((await app.request("https://redraft.test/", { headers: { cookie: forged } }, env)).status).toBe(401);
  });

  it("does not sign in with a wrong key, nor from another site", async () => {
    expect((await signIn({ key: "wrong" })).status).toBe(401);
    expect((await signIn({ key: KEY }, "https://evil.example")).status).toBe(403);
  });

  it("sends a strict policy with every answer, errors included", async () => {
    for (const path of ["/healthz", "/sign-in", "/v1/failures", "/nowhere"]) {
      const { headers } = await get(path);
      expect(headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    }
  });

  it("refuses bodies larger than a failure can be", async () => {
    const world = createWorld();
    const response = await world.call("POST", "/v1/failures", `{"ai_reply":"${"x".repeat(5_000_000)}"}`);
    expect(response.status).toBe(413);
  });

  it("says what is missing when it is not set up, and gives no way in", async () => {
    const bare = createApp();
    const response = await bare.request("/v1/failures", {}, { ...env, ADMIN_KEY: "short" } as Cloudflare.Env);
    expect(response.status).toBe(503);
    expect(await response.text()).toMatch(/ADMIN_KEY.*at least 32.*wrangler secret put/);
    expect((await bare.request("/healthz", {}, { ...env, ADMIN_KEY: "" } as Cloudflare.Env)).status).toBe(200);
  });

  it("shows unexpected errors to the logs, and to callers only their request id", async () => {
    const world = createWorld();
    world.services.db = undefined as never;
    const response = await world.call("GET", "/v1/failures");
    expect(response.status).toBe(500);
    const problem = (await response.json()) as { detail: string; request_id: string };
    expect(problem.detail).not.toMatch(/undefined|TypeError/);
    expect(response.headers.get("x-request-id")).toBe(problem.request_id);
  });
});

describe("the reference", () => {
  it("names every call of the API, on a page without scripts", async () => {
    const world = createWorld();
    const document = await world.json("GET", "/openapi.json");
    const paths = Object.keys(document.paths);
    const routes = new Set(app.routes.map(({ path }) => path).filter((path) => path.startsWith("/v1/")));
    expect(paths.toSorted()).toEqual([...routes].map((path) => path.replace(/:(\w+)/g, "{$1}")).toSorted());
    const page = await (await world.call("GET", "/docs")).text();
    for (const path of paths) expect(page).toContain(path);
    expect(page).not.toContain("<script");
  });
});

function signIn(fields: Record<string, string>, origin = "https://redraft.test") {
  return app.request(
    "https://redraft.test/sign-in",
    { method: "POST", body: new URLSearchParams(fields), headers: { origin } },
    env,
  );
}

describe("the logs", () => {
  it("never hold what customers wrote, not even when a query fails", async () => {
    const world = createWorld();
    const logged: string[] = [];
    const spy = vi.spyOn(console, "error").mockImplementation((line) => void logged.push(String(line)));
    await env.DB.prepare("alter table failed_replies rename to away").run();
    const response = await world.call("POST", "/v1/failures", aFailure({ original_prompt: "my secret question" }));
    await env.DB.prepare("alter table away rename to failed_replies").run();
    spy.mockRestore();
    expect(response.status).toBe(500);
    expect(logged.join("\n")).toContain("no such table");
    expect(logged.join("\n")).not.toContain("secret question");
  });
});
