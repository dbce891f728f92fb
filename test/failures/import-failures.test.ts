import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createDb } from "../../src/db/client.ts";
import { aFailure, createWorld, type World } from "../support/world.ts";

const encoder = new TextEncoder();

async function send(world: World, body: string | Blob | ReadableStream) {
  const response = await world.call("POST", "/v1/failures", body, { "content-type": "application/x-ndjson" });
  expect(response.status).toBe(200);
  return (await response.json()) as {
    received: number;
    recorded: number;
    duplicates: number;
    rejected: number;
    errors: { line: number; detail: string }[];
  };
}

const line = (given = {}) => JSON.stringify(aFailure(given));

describe("POST /v1/failures as NDJSON", () => {
  it("names each bad line and records the rest", async () => {
    const known = line();
    const other = JSON.stringify({ ...JSON.parse(known), ai_reply: "Other content." });
    const lines = [
      `\uFEFF${line()}`,
      "",
      "  ",
      "not json",
      "[]",
      "{}",
      known,
      known,
      other,
      `${line()}\r`,
      '{"ai_rating":NaN}',
    ];
    const result = await send(createWorld(), lines.join("\n"));
    expect(result).toMatchObject({ received: 9, recorded: 3, duplicates: 1, rejected: 5 });
    expect(result.errors).toEqual([
      { line: 4, detail: "is not valid JSON" },
      { line: 5, detail: "must be an object" },
      {
        line: 6,
        detail: expect.stringMatching(/ai_reply is required; agent_reply is required; original_prompt is required/),
      },
      { line: 9, detail: "external_id was already recorded with other content" },
      { line: 11, detail: "is not valid JSON" },
    ]);
  });

  it("does not take bytes that are not UTF-8 for text", async () => {
    const bytes = encoder.encode(line().replace("refund", "re?und"));
    bytes[bytes.indexOf(63)] = 0xff;
    const result = await send(createWorld(), new Blob([bytes, "\n", line()]));
    expect(result).toMatchObject({ recorded: 1, rejected: 1, errors: [{ line: 1, detail: "is not valid UTF-8" }] });
  });

  it("records lines that arrive in pieces, cut anywhere", async () => {
    const bytes = encoder.encode(Array.from({ length: 50 }, () => line({ original_prompt: "日本語 ü" })).join("\n"));
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < bytes.length; i += 97) controller.enqueue(bytes.slice(i, i + 97));
        controller.close();
      },
    });
    expect(await send(createWorld(), body)).toMatchObject({ received: 50, recorded: 50, rejected: 0 });
  });

  it("refuses a line too long to hold, and goes on after it", async () => {
    const long = new Blob([`{"ai_reply":"${"x".repeat(5_000_000)}"}\n`, line()]);
    const result = await send(createWorld(), long);
    expect(result).toMatchObject({ recorded: 1, rejected: 1, errors: [{ line: 1 }] });
  });

  it("records a file longer than one chunk, and the same file again as duplicates", async () => {
    const world = createWorld();
    const body = Array.from({ length: 450 }, () => line()).join("\n");
    expect(await send(world, body)).toMatchObject({ recorded: 450, duplicates: 0 });
    expect(await send(world, body)).toMatchObject({ recorded: 0, duplicates: 450 });
  });

  it("shows the first hundred errors and counts them all", async () => {
    const result = await send(createWorld(), "x\n".repeat(150));
    expect(result.rejected).toBe(150);
    expect(result.errors).toHaveLength(100);
  });

  it("names a line that is nested too deep for the database, and records the rest", async () => {
    const nested = (levels: number) => `{"a":`.repeat(levels) + 1 + "}".repeat(levels);
    const deep = (levels: number) => line().replace(/}$/, `,"metadata":${nested(levels)}}`);
    const result = await send(createWorld(), [line(), deep(5_000), deep(1_100), deep(20), line()].join("\n"));
    expect(result).toMatchObject({ recorded: 3, rejected: 2 });
    expect(result.errors.map(({ line: at, detail }) => [at, detail])).toEqual([
      [2, "is nested deeper than 64 levels"],
      [3, "is nested deeper than 64 levels"],
    ]);
  });

  it("records the largest failures there can be, one after the other, whatever characters they are made of", async () => {
    const largest = (character: string) =>
      line({
        ai_reply: character.repeat(50_000),
        agent_reply: character.repeat(50_000),
        failure_explanation: character.repeat(10_000),
        original_prompt: character.repeat(50_000),
        conversation: Array.from({ length: 4 }, () => ({ role: "user", content: character.repeat(50_000) })),
        metadata: { a: character === "\u0001" ? character.repeat(2_600) : character.repeat(7_900) },
      });
    const small = Array.from({ length: 190 }, () => line({ ai_reply: '"'.repeat(2_000) }));
    const lines = [...small, largest("\u0001"), largest('"'), largest("\u0001"), largest("日")];
    const world = createWorld();
    let longest = 0;
    // D1 takes 2 MB a parameter; on this machine it takes more.
    const prepare = (sql: string) => {
      const statement = env.DB.prepare(sql);
      const bind = (...values: unknown[]) => {
        const lengths = values.map((value) => (typeof value === "string" ? encoder.encode(value).byteLength : 0));
        longest = Math.max(longest, ...lengths);
        return statement.bind(...values);
      };
      return { bind };
    };
    const watched = { prepare, batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements) };
    world.services.db = createDb(watched as unknown as D1Database);
    expect(await send(world, lines.join("\n"))).toMatchObject({ recorded: lines.length, rejected: 0 });
    expect(longest).toBeGreaterThan(1_000_000);
    expect(longest).toBeLessThan(2_000_000);
  });

  it("says how far it came when the body breaks off, and has recorded every line that came whole", async () => {
    const world = createWorld();
    const ids = Array.from({ length: 3 }, () => crypto.randomUUID());
    const whole = `${ids.map((external_id) => line({ external_id })).join("\n")}\nnot json\n${line().slice(0, 40)}`;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(encoder.encode(whole));
      },
      pull(controller) {
        controller.error(new Error("Network connection lost."));
      },
    });
    const response = await world.call("POST", "/v1/failures", body, { "content-type": "application/x-ndjson" });
    expect(response.status).toBe(400);
    const problem = (await response.json()) as { detail: string; errors: object[] };
    expect(problem.detail).toMatch(
      /broke off. Of 4 lines that came whole, 3 were recorded, 0 were known, and 1 were rej/,
    );
    // What it recorded can be withdrawn.
    const [, importId] = /The import_id is (\S+)\.$/.exec(problem.detail) ?? [];
    expect((await world.json("GET", `/v1/failures?import_id=${importId}`)).data).toHaveLength(3);
    expect(problem.errors).toEqual([{ pointer: "/3", detail: "line 4 is not valid JSON" }]);
    const again = await send(world, ids.map((external_id) => line({ external_id })).join("\n"));
    expect(again.recorded).toBe(0);
  });

  it("says how far it came when the database takes no more", async () => {
    const world = createWorld();
    const real = world.services.db;
    let batches = 0;
    world.services.db = new Proxy(real, {
      get(target, name) {
        if (name === "batch" && ++batches > 1) return () => Promise.reject(new Error("D1 is overloaded"));
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const lines = Array.from({ length: 250 }, () => line());
    const response = await world.call("POST", "/v1/failures", lines.join("\n"), {
      "content-type": "application/x-ndjson",
    });
    expect(response.status).toBe(503);
    expect(((await response.json()) as { detail: string }).detail).toMatch(
      /The lines from 201 on could not be recorded. Of 250 lines that came whole, 200 were recorded/,
    );
  });

  it("takes an empty body for no failures", async () => {
    expect(await send(createWorld(), "")).toMatchObject({ received: 0 });
  });

  it("tells each cluster once, however many of its failures a request brings", async () => {
    const world = createWorld();
    const told: string[] = [];
    const real = world.services.clusters;
    world.services.clusters = new Proxy(real, {
      get: (target, name) => {
        if (name !== "get") return Reflect.get(target, name).bind(target);
        return (id: DurableObjectId) => ({ touch: async (scope: object) => told.push(JSON.stringify(scope)) && id });
      },
    });
    const suffix = crypto.randomUUID();
    const lines = Array.from({ length: 500 }, (_, i) =>
      line({ topic: `told-${i % 3}-${suffix}`, failure_category: null }),
    );
    await send(world, lines.join("\n"));
    await expect.poll(() => told.length).toBe(3);
    // What is known already tells nobody anything.
    await send(world, lines.join("\n"));
    expect(new Set(told).size).toBe(3);
    expect(told).toHaveLength(3);
  });

  it("is recorded whole where the clusters can not be told", async () => {
    const world = createWorld();
    world.services.clusters = new Proxy(world.services.clusters, {
      get() {
        throw new Error("down");
      },
    });
    expect(await send(world, [line(), line()].join("\n"))).toMatchObject({ recorded: 2, rejected: 0 });
  });
});
