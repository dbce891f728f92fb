import { env } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { log } from "../../src/lib/log.ts";
import { aFailure, createWorld, KEY } from "../support/world.ts";

const app = createApp(() => createWorld().services);
const ID = "01920000-0000-7000-8000-000000000000";

function send(path: string, body: BodyInit | null, contentType: string | null, method = "POST") {
  const own = { authorization: `Bearer ${KEY}`, origin: "http://localhost" };
  const headers = { ...own, ...(contentType !== null && { "content-type": contentType }) };
  // As bytes: a string would bring a content type of its own.
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return app.request(path, { method, headers, body: bytes }, env);
}

/** Every route that takes JSON, as the API describes itself. */
async function jsonRoutes(): Promise<[method: string, path: string][]> {
  const response = await app.request("/openapi.json", { headers: { authorization: `Bearer ${KEY}` } }, env);
  const { paths } = (await response.json()) as {
    paths: Record<string, Record<string, { requestBody?: { content: object }; security: object[] }>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody, security }]) =>
      requestBody !== undefined && security.length > 0 && path !== "/v1/chat/completions"
        ? [[method.toUpperCase(), path.replace("{topic}", "x").replace(/\{\w+\}/g, ID)] as [string, string]]
        : [],
    ),
  );
}

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

describe("a body of JSON", () => {
  it("is needed where a call takes one: none, an empty one or another kind does not mean the defaults", async () => {
    const routes = await jsonRoutes();
    expect(routes.length).toBeGreaterThan(10);
    for (const [method, path] of routes) {
      expect((await send(path, null, null, method)).status, `${method} ${path}`).toBe(415);
      expect((await send(path, "{}", "text/plain", method)).status, `${method} ${path}`).toBe(415);
      expect((await send(path, "a=b", "application/x-www-form-urlencoded", method)).status, path).toBe(415);
      const empty = await send(path, "", "application/json", method);
      expect(empty.status, `${method} ${path}`).toBe(400);
      expect(((await empty.json()) as { detail: string }).detail).toMatch(/is empty/);
    }
  });

  it("is refused where it is not UTF-8, nested too deep, or no JSON", async () => {
    const input = JSON.stringify(aFailure({ original_prompt: "Where is it?" }));
    const bytes = new TextEncoder().encode(input);
    bytes[input.indexOf("?")] = 0xff;
    for (const [body, detail] of [
      [bytes, "not valid UTF-8"],
      [deep(65), "nested deeper than 64 levels"],
      [deep(100_000), "nested deeper than 64 levels"],
      ["{", "not valid JSON"],
    ] as const) {
      const response = await send("/v1/failures", body, "application/json; charset=utf-8");
      expect(response.status).toBe(400);
      expect(((await response.json()) as { detail: string }).detail).toContain(detail);
    }
    const nested = JSON.stringify(aFailure({ metadata: JSON.parse(deep(60)) }));
    expect((await send("/v1/failures", nested, "application/json")).status).toBe(201);
  });

  it("counts no brackets that stand in its texts as levels", async () => {
    const texts = JSON.stringify(aFailure({ ai_reply: `${"[{".repeat(500)} \\" ${'"['.repeat(500)}` }));
    expect((await send("/v1/failures", texts, "application/json")).status).toBe(201);
  });

  it("is not without limit because it says that it is a stream of lines", async () => {
    const large = "x".repeat(5 * 1024 * 1024);
    for (const path of ["/v1/prompts", "/v1/correction-runs", "/v1/outcomes", "/sign-out"]) {
      expect((await send(path, large, "application/x-ndjson")).status, path).toBe(413);
    }
  });
});

/** A body that ends with an error in the midst of it. */
function cut(): ReadableStream<Uint8Array> {
  let begun = false;
  return new ReadableStream({
    pull(controller) {
      if (begun) return controller.error(new Error("Network connection lost."));
      begun = true;
      controller.enqueue(new TextEncoder().encode('{"a":'));
    },
  });
}

describe("a body that breaks off", () => {
  it.each([
    ["/v1/correction-runs", "application/json"],
    ["/v1/failures", "application/json"],
    ["/v1/failures", "application/x-ndjson"],
    ["/v1/prompts", "application/json"],
    ["/v1/chat/completions", "application/json"],
    ["/v1/fine-tunes/webhook", "application/json"],
    ["/runs", "application/x-www-form-urlencoded"],
    ["/sign-in", "multipart/form-data; boundary=b"],
    ["/sign-out", "text/plain"],
  ])("is no fault of ours: %s, %s", async (path, type) => {
    const logged = vi.spyOn(log, "error");
    vi.spyOn(log, "warn").mockReturnValue();
    // With a length it is the route that reads it, without one the limit.
    for (const [name, value] of [
      ["content-length", "500"],
      ["transfer-encoding", "chunked"],
    ] as const) {
      const headers = {
        authorization: `Bearer ${KEY}`,
        origin: "http://localhost",
        "content-type": type,
        [name]: value,
      };
      const response = await app.request(path, { method: "POST", headers, body: cut() }, env);
      // Signing out needs no body, and does not read one.
      const isUnread = path === "/sign-out" && name === "content-length";
      expect(response.status, name).toBe(isUnread ? 303 : 400);
      if (!isUnread) expect(await response.text()).toContain("The body broke off.");
    }
    expect(logged).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});

describe("the form of a page", () => {
  const paths = [
    "/sign-in",
    "/runs",
    "/exports",
    "/fine-tunes",
    `/fine-tunes/${ID}/compare`,
    `/improvements/${ID}/review`,
    "/judge/controls",
    "/clusters/x/guidance",
  ];

  it("is refused, and no fault of ours, in whatever else than a form it comes", async () => {
    const posts = new Set(app.routes.flatMap(({ method, path }) => (method === "POST" ? [path] : [])));
    for (const path of paths) {
      const pattern = path.replace(ID, ":id").replace("/x/", "/:topic/");
      expect(posts, "a page's route moved").toContain(pattern);
      expect((await send(path, "{}", "application/json")).status, path).toBe(415);
      expect((await send(path, "a", "multipart/form-data")).status, path).toBe(400);
      expect((await send(path, "note=%FF", "application/x-www-form-urlencoded")).status, path).toBe(400);
      expect((await send(path, new Uint8Array([0x61, 0x3d, 0xff]), "application/x-www-form-urlencoded")).status).toBe(
        400,
      );
    }
  });
});

describe("a name", () => {
  it("is measured with the placeholders that stand in it, and what is kept can be asked for", async () => {
    const topic = "a@example.com ".repeat(14).trim();
    const short = "a@b.co ".repeat(28).trim();
    expect(short.length).toBeLessThanOrEqual(200);
    const refused = await send("/v1/failures", JSON.stringify(aFailure({ topic: short })), "application/json");
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      errors: [{ pointer: "/topic", detail: "is longer than 200 characters" }],
    });
    const kept = await send("/v1/failures", JSON.stringify(aFailure({ topic })), "application/json");
    expect(kept.status).toBe(201);
  });

  it("that gets longer by a known name's placeholders is cut to what can be asked for", async () => {
    const names = { metadata: { customer_name: "Tarn Quill" }, ai_reply: "Dear Tarn Quill, see the app." };
    const input = aFailure({
      topic: "Quill ask ".repeat(20).trim(),
      failure_category: "Quill ask ".repeat(10).trim(),
      ...names,
    });
    const kept = await send("/v1/failures", JSON.stringify(input), "application/json");
    expect(kept.status).toBe(201);
    const { topic, failure_category } = (await kept.json()) as { topic: string; failure_category: string };
    expect(topic).toContain("[NAME_1] ask [NAME_1]");
    expect(topic.length).toBeLessThanOrEqual(200);
    expect(failure_category.length).toBeLessThanOrEqual(100);
  });

  it("is measured as it is kept", async () => {
    // One character that becomes 18.
    const grows = aFailure({ topic: "\uFDFA".repeat(200) });
    const response = await send("/v1/failures", JSON.stringify(grows), "application/json");
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [{ pointer: "/topic", detail: "is longer than 200 characters" }],
    });
  });
});
