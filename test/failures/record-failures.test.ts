import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { aFailure, createWorld } from "../support/world.ts";

describe("POST /v1/failures", () => {
  it("records a failure and shows it again", async () => {
    const world = createWorld();
    const input = aFailure({ metadata: { agent: "Kim" }, occurred_at: "2026-01-31T13:00:00+01:00" });
    const response = await world.call("POST", "/v1/failures", input);
    expect(response.status).toBe(201);
    const failure = (await response.json()) as { id: string };
    expect(failure).toMatchObject({
      status: "pending",
      topic: "refund_status",
      occurred_at: "2026-01-31T12:00:00.000Z",
    });
    expect(await world.json("GET", `/v1/failures/${failure.id}`)).toEqual(failure);
  });

  it("does not record a repeated delivery twice", async () => {
    const world = createWorld();
    const input = aFailure({ metadata: { a: 1, b: 2 } });
    const [id] = await world.record(input);
    const again = await world.call("POST", "/v1/failures", { ...input, metadata: { b: 2, a: 1 }, channel: null });
    expect(again.status).toBe(200);
    expect(((await again.json()) as { id: string }).id).toBe(id);
  });

  it("does not overwrite a failure with other content under its external id", async () => {
    const world = createWorld();
    const input = aFailure();
    const [id] = await world.record(input);
    const other = await world.call("POST", "/v1/failures", { ...input, ai_reply: "Something else." });
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ errors: [{ pointer: "/external_id" }] });
    expect((await world.json("GET", `/v1/failures/${id}`)).ai_reply).toBe(input.ai_reply);
  });

  it("leaves no prompt behind for a delivery that was known", async () => {
    const world = createWorld();
    const input = aFailure({ original_prompt: "orphan?" });
    await world.record(input, input);
    const rows = await env.DB.prepare("select count(*) as n from prompts where original_prompt = 'orphan?'").first<{
      n: number;
    }>();
    expect(rows?.n).toBe(1);
  });

  it.each([
    ["a missing reply", { ai_reply: undefined }, "/ai_reply", "is required"],
    ["an unknown field", { colour: "red" }, "/colour", "is not a known field"],
    [
      "a time that is in a year of five digits, UTC",
      { occurred_at: "9999-12-31T23:59:59-00:01" },
      "/occurred_at",
      "must lie in the years 0000 to 9999, UTC",
    ],
    [
      "a time that is in a year before 0, UTC",
      { occurred_at: "0000-01-01T00:00:00+00:01" },
      "/occurred_at",
      "must lie in the years 0000 to 9999, UTC",
    ],
    [
      "a time that is none",
      { occurred_at: "yesterday" },
      "/occurred_at",
      "must be a time such as 2026-01-31T12:00:00Z (RFC 3339)",
    ],
    ["a rating out of range", { ai_rating: 6 }, "/ai_rating", "must be at most 5"],
    ["a link that is not https", { context_url: "http://example.com/1" }, "/context_url", "must be an https address"],
    ["a script as a link", { context_url: "javascript:alert(1)" }, "/context_url", "must be an https address"],
    ["a topic that no address can hold", { topic: ".." }, "/topic", "is no name"],
    ["an empty reply", { agent_reply: "  " }, "/agent_reply", "is empty"],
    [
      "nothing that was asked",
      { original_prompt: undefined },
      "/original_prompt",
      "is required (or a conversation in which the user says something)",
    ],
    [
      "an unknown role",
      { conversation: [{ role: "system", content: "x" }] },
      "/conversation/0/role",
      "must be user or assistant",
    ],
  ])("refuses %s by name", async (_, given, pointer, detail) => {
    const world = createWorld();
    const response = await world.call("POST", "/v1/failures", aFailure(given as object));
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const problem = (await response.json()) as { errors: unknown[]; request_id: string };
    expect(problem.errors).toContainEqual({ pointer, detail });
    expect(problem.request_id).toBeTruthy();
  });

  it("answers malformed JSON and a missing content type with a problem, never a 500", async () => {
    const world = createWorld();
    expect((await world.call("POST", "/v1/failures", "{")).status).toBe(400);
    expect((await world.call("POST", "/v1/failures", "{}", { "content-type": "text/plain" })).status).toBe(415);
    expect((await world.call("POST", "/v1/failures")).status).toBe(415);
  });

  it("keeps texts that SQLite or UTF-8 would cut short", async () => {
    const world = createWorld();
    const [id] = await world.record(aFailure({ original_prompt: "a\0b \ud800 ü 日本 👍" }));
    expect((await world.json("GET", `/v1/failures/${id}`)).original_prompt).toBe("a\uFFFDb \uFFFD ü 日本 👍");
  });

  it("makes one cluster of two spellings of a topic, named as it was first", async () => {
    const world = createWorld();
    await world.record(aFailure({ topic: "Delivery  Délay?" }), aFailure({ topic: "delivery_délay" }));
    const { data } = await world.json("GET", "/v1/failures?topic=DELIVERY%20d%C3%A9lay");
    expect(data.map(({ topic }: { topic: string }) => topic)).toEqual(["Delivery Délay?", "Delivery Délay?"]);
  });

  it("takes the customer's message from a conversation, and does not repeat it", async () => {
    const world = createWorld();
    const turns = [
      { role: "user" as const, content: "Hi" },
      { role: "assistant" as const, content: "How can I help?" },
      { role: "user" as const, content: "Where is my card?" },
    ];
    const failed = { role: "assistant" as const, content: "Please check our website." };
    const [only, both] = await world.record(
      aFailure({ original_prompt: undefined, conversation: [...turns, failed] }),
      aFailure({ original_prompt: "Where is my card?", conversation: turns }),
    );
    for (const id of [only, both]) {
      expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({
        original_prompt: "Where is my card?",
        conversation: turns.slice(0, 2),
      });
    }
  });

  it("queues at once with AUTO_CORRECT, only after the failure is stored", async () => {
    const world = createWorld({ vars: { AUTO_CORRECT: "true" } });
    const [id] = await world.record(aFailure());
    expect(world.corrections.take()).toEqual([{ failure_id: id }]);
    const manual = createWorld();
    await manual.record(aFailure());
    expect(manual.corrections.take()).toEqual([]);
  });
});

describe("GET /v1/failures", () => {
  it("walks all pages without a gap or a repeat", async () => {
    const world = createWorld();
    const topic = `walk-${crypto.randomUUID()}`;
    const ids = await world.record(...Array.from({ length: 5 }, () => aFailure({ topic })));
    const seen: string[] = [];
    let cursor = "";
    do {
      const page = await world.json("GET", `/v1/failures?topic=${topic}&limit=2${cursor}`);
      seen.push(...page.data.map(({ id }: { id: string }) => id));
      cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
    } while (cursor !== "");
    expect(seen).toEqual(ids.toReversed());
  });

  it("refuses cursors it did not make and filters it does not know", async () => {
    const world = createWorld();
    for (const query of [
      "cursor=x",
      "cursor=WzFd",
      "colour=red",
      "limit=101",
      "limit=many",
      "status=lost",
      "since=yesterday",
    ]) {
      const response = await world.call("GET", `/v1/failures?${query}`);
      expect(response.status, query).toBe(400);
      expect((await response.json()) as object).toMatchObject({ errors: [{ pointer: `?${query.split("=")[0]}` }] });
    }
  });

  it("finds nothing, not everything, for a topic nobody sent", async () => {
    expect(await createWorld().json("GET", "/v1/failures?topic=never-heard-of")).toEqual({
      data: [],
      next_cursor: null,
    });
  });
});
