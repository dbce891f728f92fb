import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { withPromptLane } from "../../src/prompts/prompt-lane.ts";
import { createWorld, KEY, ofTwoCustomers } from "../support/world.ts";

const MESSAGE = { customer_message: "Where is my refund?" };

interface Call {
  body?: string;
  headers?: Record<string, string>;
  path?: string;
  method?: string;
}

/** What one call gets, by the long way alone and by the lane; what differs each time is left out. */
async function bothWays({ body = JSON.stringify(MESSAGE), headers = {}, path = "/v1/prompts", method = "POST" }: Call) {
  // An isolate each: what one gathers in its first seconds does not keep the other waiting.
  const worlds = [createWorld(), createWorld()] as const;
  const app = createApp(() => worlds[0].services);
  const behindLane = createApp(() => worlds[1].services);
  const seen = { long: 0 };
  const counted = {
    fetch: (...call: Parameters<typeof app.fetch>) => {
      seen.long++;
      return behindLane.fetch(...call);
    },
  };
  const lane = withPromptLane(counted as never, () => worlds[1].services);
  const answers = [];
  for (const fetch of [app.fetch, lane]) {
    const ctx = createExecutionContext();
    const request = new Request(`https://redraft.test${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        "content-type": "application/json",
        "content-length": String(new TextEncoder().encode(body).length),
        ...headers,
      },
      ...(method !== "GET" && { body }),
    });
    const response = await fetch(request, env, ctx);
    const text = (await response.text()).replace(/"(prompt_id|request_id)":"[^"]+"/, '"$1":"…"');
    await waitOnExecutionContext(ctx);
    const { "x-request-id": id, ...others } = Object.fromEntries(response.headers);
    answers.push({ status: response.status, text, headers: others, hasId: /^[\w-]{8,}$/.test(id ?? "") });
  }
  return { long: answers[0], lane: answers[1], wentLongWay: seen.long > 0 };
}

describe("the lane of POST /v1/prompts", () => {
  it.each<[string, Call]>([
    ["a message", {}],
    [
      "a conversation, a category and examples",
      {
        body: JSON.stringify({
          ...MESSAGE,
          conversation: [{ role: "user", content: "Hi" }],
          failure_category: "tone",
          examples: 2,
        }),
      },
    ],
    ["text beyond ASCII", { body: JSON.stringify({ customer_message: "Où est mon remboursement ? \ud83d\ude42" }) }],
  ])("answers %s as the route does, without it", async (_, call) => {
    const { long, lane, wentLongWay } = await bothWays(call);
    expect(lane).toEqual(long);
    expect(lane).toMatchObject({ status: 200, hasId: true });
    expect(wentLongWay).toBe(false);
  });

  it.each<[string, number, Call]>([
    ["no key", 401, { headers: { authorization: "" } }],
    ["a wrong key", 401, { headers: { authorization: `Bearer ${KEY}x` } }],
    ["a body that is not JSON", 400, { body: "{" }],
    ["an unknown field", 400, { body: JSON.stringify({ ...MESSAGE, unknown: 1 }) }],
    ["an empty message", 400, { body: JSON.stringify({ customer_message: " " }) }],
    ["another content type", 415, { headers: { "content-type": "text/plain" } }],
    ["a body over the limit", 413, { headers: { "content-length": "5000000" } }],
    ["another method", 404, { method: "GET" }],
    ["an address that only ends like it", 404, { path: "/other/v1/prompts" }],
  ])("leaves %s to the route, which says what is wrong", async (_, status, call) => {
    const { long, lane, wentLongWay } = await bothWays(call);
    expect(lane).toEqual(long);
    expect(lane?.status).toBe(status);
    expect(wentLongWay).toBe(true);
  });

  it("leaves a call with a request id of its own to the route, which keeps it", async () => {
    const { lane, wentLongWay } = await bothWays({ headers: { "x-request-id": "abc-12345" } });
    expect(lane?.status).toBe(200);
    expect(wentLongWay).toBe(true);
  });

  it("leaves a body that breaks off to the route: nothing is thrown out of the Worker", async () => {
    const world = createWorld();
    const app = createApp(() => world.services);
    const lane = withPromptLane(app as never, () => world.services);
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("cut off")) });
    const request = new Request("https://redraft.test/v1/prompts", {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", "content-length": "40" },
      body: broken,
    });
    const response = await lane(request, env, createExecutionContext());
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  });

  it("says why a prompt is plain", async () => {
    const { lane } = await bothWays({});
    expect(lane?.headers["x-redraft-plain"]).toBe("no_router");
  });

  it("serves the guidance of a topic", async () => {
    const world = createWorld();
    const topic = `lane-${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic, failure_explanation: "No day was named." }));
    const { long, lane, wentLongWay } = await bothWays({ body: JSON.stringify({ ...MESSAGE, topic }) });
    expect(lane?.text).toContain("No day was named.");
    expect(lane?.text).toBe(long?.text);
    expect(wentLongWay).toBe(false);
  });
});
