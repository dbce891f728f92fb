import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { PartWriter } from "../../src/exports/part-writer.ts";
import { sha256Hex } from "../../src/lib/text.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";

const topic = () => `export-${crypto.randomUUID()}`;

describe("an export", () => {
  it("holds exactly the contract's lines, and says what it left out", async () => {
    const model = modelThat(({ isRating, section }) => {
      if (!isRating) return section("customer_message").startsWith("worse") ? "Worse." : REWRITE;
      const reply = section("reply_to_rate");
      if (section("customer_message").startsWith("unscored")) return "?";
      return rating(reply === REWRITE ? 90 : reply === "Worse." ? 10 : 30);
    });
    const world = createWorld({ model });
    const mine = topic();
    const messages = ['first "quoted"\nline', "worse", "unscored", "second 日本"];
    await world.correctAll(...messages.map((original_prompt) => aFailure({ topic: mine, original_prompt })));
    const { id } = await world.json("POST", "/v1/exports", { topic: mine });
    await world.deliver();
    const made = await world.json("GET", `/v1/exports/${id}`);
    expect(made).toMatchObject({ status: "done", rows: 2, skipped: { unscored: 1, gain_too_small: 1 } });
    expect(made.warning).toMatch(/Fewer than 10/);
    const file = await (await world.call("GET", `/v1/exports/${id}/training_data.jsonl`)).text();
    const line = (prompt: string) =>
      `{"messages":[{"role":"user","content":${JSON.stringify(prompt)}},{"role":"assistant","content":${JSON.stringify(REWRITE)}}]}\n`;
    // Corrections run side by side, so their order is not that of the failures.
    expect(file.split("\n").toSorted()).toEqual(
      `${line(messages[0] ?? "")}${line(messages[3] ?? "")}`.split("\n").toSorted(),
    );
    expect(made.bytes).toBe(new TextEncoder().encode(file).byteLength);
    expect(made.sha256).toBe(await sha256Hex(file));
  });

  it("can be fetched in part, and not again when nothing changed", async () => {
    const world = createWorld();
    const mine = topic();
    await world.correctAll(aFailure({ topic: mine }));
    const { id } = await world.json("POST", "/v1/exports", { topic: mine });
    await world.deliver();
    const path = `/v1/exports/${id}/training_data.jsonl`;
    const whole = await world.call("GET", path);
    const text = await whole.text();
    const part = await world.call("GET", path, undefined, { range: "bytes=5-9" });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes 5-9/${text.length}`);
    expect(await part.text()).toBe(text.slice(5, 10));
    const rest = await world.call("GET", path, undefined, { range: "bytes=-4" });
    expect(await rest.text()).toBe(text.slice(-4));
    const same = await world.call("GET", path, undefined, { "if-none-match": whole.headers.get("etag") ?? "" });
    expect(same.status).toBe(304);
    const beyond = await world.call("GET", path, undefined, { range: "bytes=99999999-" });
    expect(beyond.status).toBe(416);
    const latest = await world.call("GET", "/v1/exports/latest/training_data.jsonl");
    expect(latest.headers.get("etag")).toBe(whole.headers.get("etag"));
    expect(latest.headers.get("content-disposition")).toBe('attachment; filename="training_data.jsonl"');
  });

  it("is written once when its message comes twice, and after its message was lost", async () => {
    const world = createWorld();
    await world.correctAll(aFailure());
    const { id } = await world.json("POST", "/v1/exports", {});
    expect((await world.call("GET", `/v1/exports/${id}/training_data.jsonl`)).status).toBe(409);
    world.jobs.take();
    world.now += 3 * 60_000;
    await world.sweep();
    expect(world.jobs.messages.filter(({ job }) => job === "export").length).toBeGreaterThan(0);
    world.jobs.messages.push({ job: "export", id });
    await world.deliver();
    expect((await world.json("GET", `/v1/exports/${id}`)).status).toBe("done");
  });

  it("is empty, not missing, when nothing matches", async () => {
    const world = createWorld();
    const { id } = await world.json("POST", "/v1/exports", { topic: topic() });
    await world.deliver();
    expect(await world.json("GET", `/v1/exports/${id}`)).toMatchObject({ status: "done", rows: 0, bytes: 0 });
    expect(await (await world.call("GET", `/v1/exports/${id}/training_data.jsonl`)).text()).toBe("");
  });

  it("refuses formats it does not know", async () => {
    const response = await createWorld().call("POST", "/v1/exports", { format: "csv" });
    expect(response.status).toBe(400);
  });
});

describe("the part writer", () => {
  const partBytes = 5 * 1024 * 1024;
  const fileNamed = (key: string) => ({ bucket: env.EXPORTS, key, contentType: "text/plain", partBytes });
  const chunk = new Uint8Array(3_000_001).fill(7);

  it("cuts equal parts, and the hash is of the whole", async () => {
    const writer = new PartWriter(fileNamed("parts"));
    for (let i = 0; i < 6; i++) await writer.write(chunk);
    const sha256 = await writer.sha256();
    await writer.close();
    const stored = await (await env.EXPORTS.get("parts"))?.arrayBuffer();
    expect(stored?.byteLength).toBe(18_000_006);
    const digest = await crypto.subtle.digest("SHA-256", stored ?? new ArrayBuffer());
    expect(Buffer.from(digest).toString("hex")).toBe(sha256);
  });

  it("goes on where another one stopped, and then does not claim to know the hash", async () => {
    const first = new PartWriter(fileNamed("resumed"));
    for (let i = 0; i < 2; i++) await first.write(chunk);
    const second = new PartWriter(fileNamed("resumed"), { ...(await first.uploaded()), tail: first.tail() });
    for (let i = 0; i < 2; i++) await second.write(chunk);
    expect(await second.sha256()).toBeNull();
    await second.close();
    const stored = new Uint8Array((await (await env.EXPORTS.get("resumed"))?.arrayBuffer()) ?? []);
    expect(stored.byteLength).toBe(12_000_004);
    expect(stored.every((byte) => byte === 7)).toBe(true);
  });

  it("leaves nothing visible when it is aborted", async () => {
    const writer = new PartWriter(fileNamed("aborted"));
    for (let i = 0; i < 3; i++) await writer.write(chunk);
    await writer.abort();
    expect(await env.EXPORTS.head("aborted")).toBeNull();
  });
});
