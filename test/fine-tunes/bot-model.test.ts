import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { log } from "../../src/lib/log.ts";
import { aFile, readFile } from "../exports/a-file.ts";
import { createWorld, type World } from "../support/world.ts";
import { aProvider, aTunedModel } from "./provider.ts";

const TRAINER = "https://trainer.example/v1";

/** Where chat requests went, with which key, and as what. */
function recording(world: World) {
  const sent: { url: string; key: string | null; body: string }[] = [];
  world.services.fetch = (async (url: string, init: RequestInit) => {
    const key = new Headers(init.headers as Record<string, string>).get("authorization");
    sent.push({ url, key, body: await new Response(init.body).text() });
    return Response.json({ choices: [] });
  }) as typeof fetch;
  return sent;
}

const messages = [{ role: "user", content: "Where is my refund?" }];
const ask = (world: World, body: object | string) => world.call("POST", "/v1/chat/completions", body);

describe("the bot's model", () => {
  let provider: ReturnType<typeof aProvider>;
  beforeEach(() => {
    provider = aProvider();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  async function aWorld(vars: Record<string, string> = {}) {
    const world = createWorld({ vars: { FINE_TUNE_BASE_URL: TRAINER, FINE_TUNE_API_KEY: "trainer-key", ...vars } });
    const fineTune = await aTunedModel(world, provider, await aFile(world));
    return { world, fineTune, sent: recording(world) };
  }

  it("is the default until a person sets a tuned one, that one until the default comes back, and its history is kept", async () => {
    const { world, fineTune, sent } = await aWorld({ BOT_MODEL: "house-model" });
    const plain = { alias: "redraft", model: "house-model", fine_tune_id: null, since: null, history: [] };
    expect(await world.json("GET", "/v1/bot-model")).toMatchObject(plain);
    const first = await ask(world, { model: "redraft", messages });
    expect(first.headers.get("x-redraft-model")).toBe("house-model");
    const set = await world.json("PUT", "/v1/bot-model", { fine_tune_id: fineTune });
    expect(set).toMatchObject({ model: "ft:base:1", default_model: "house-model", set_by: "ADMIN_KEY" });
    expect(Date.parse(set.since)).toBe(world.now);
    const second = await ask(world, { model: "redraft", messages });
    expect(second.headers.get("x-redraft-model")).toBe("ft:base:1");
    expect(await world.json("PUT", "/v1/bot-model", { fine_tune_id: fineTune })).toEqual(set);
    const cleared = await world.json("DELETE", "/v1/bot-model");
    expect(cleared).toMatchObject({ model: "house-model", fine_tune_id: null });
    expect(cleared.history.map(({ model }: { model: string | null }) => model)).toEqual([null, "ft:base:1"]);
    await ask(world, { model: "redraft", messages });
    const own = `${world.services.config.OPENAI_BASE_URL}/chat/completions`;
    expect(sent.map(({ url, key, body }) => [url, key, JSON.parse(body).model])).toEqual([
      [own, "Bearer test", "house-model"],
      // Its key goes to no other server, and the other one's not to it.
      [`${TRAINER}/chat/completions`, "Bearer trainer-key", "ft:base:1"],
      [own, "Bearer test", "house-model"],
    ]);
  });

  it("leaves requests that name a model, and those that are none, byte for byte as they are", async () => {
    const { world, fineTune, sent } = await aWorld();
    await world.json("PUT", "/v1/bot-model", { fine_tune_id: fineTune });
    const bodies = [
      `{"model": "gpt-x",  "messages":[{"role":"user","content":"Hi"}], "seed":1e2}`,
      `{"model":"redraft"`,
      `{"messages":[{"role":"user","content":"Hi"}]}`,
    ];
    for (const body of bodies) {
      const answer = await ask(world, body);
      expect(answer.headers.get("x-redraft-model")).toBeNull();
    }
    expect(sent.map(({ body }) => body)).toEqual(bodies);
    expect(new Set(sent.map(({ key }) => key))).toEqual(new Set(["Bearer test"]));
  });

  it("is put into requests without any text of a user too", async () => {
    const { world, fineTune, sent } = await aWorld();
    await world.json("PUT", "/v1/bot-model", { fine_tune_id: fineTune });
    const image = [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }];
    await ask(world, { model: "redraft", messages: [{ role: "user", content: image }] });
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({
      model: "ft:base:1",
      messages: [{ role: "user", content: image }],
    });
  });

  it("reads nothing while its copy is fresh, and another isolate's change within seconds", async () => {
    const { world, fineTune } = await aWorld();
    await ask(world, { model: "redraft", messages });
    // As another isolate does it: past this one's copy.
    await env.DB.prepare("insert into bot_model_changes values (?, ?, 'ft:base:1', 'api', 1)")
      .bind(crypto.randomUUID(), fineTune)
      .run();
    const modelNow = async () => (await ask(world, { model: "redraft", messages })).headers.get("x-redraft-model");
    expect(await modelNow()).toBe("test-rewriter");
    world.now += 4_000;
    await modelNow();
    await vi.waitFor(async () => expect(await modelNow()).toBe("ft:base:1"));
  });

  it("falls back to the default when the database cannot be read", async () => {
    const { world, sent } = await aWorld();
    world.services.db = new Proxy(world.services.db, {
      get: () => {
        throw new Error("D1 is away");
      },
    });
    const logged = vi.spyOn(log, "error").mockReturnValue();
    expect((await ask(world, { model: "redraft", messages })).status).toBe(200);
    expect(JSON.parse(sent[0]?.body ?? "").model).toBe("test-rewriter");
    expect(logged.mock.calls.map(([event]) => event)).toEqual(["bot_model_not_read"]);
  });

  it("is named as such when a failure it was trained on is erased", async () => {
    const { world, fineTune } = await aWorld();
    await world.json("PUT", "/v1/bot-model", { fine_tune_id: fineTune });
    const { export_id } = await world.json("GET", `/v1/fine-tunes/${fineTune}`);
    const sidecar = await readFile(world, export_id, "improvements.jsonl");
    const { failure_id } = JSON.parse(sidecar.split("\n")[3] ?? "");
    const erased = await world.json("DELETE", `/v1/failures/${failure_id}`);
    expect(erased.fine_tunes).toMatchObject([{ id: fineTune, model: "ft:base:1", is_bot_model: true }]);
  });

  it("can only be a model that there is", async () => {
    const { world, fineTune } = await aWorld();
    await env.DB.prepare("update fine_tunes set status = 'running', model = null").run();
    expect((await world.call("PUT", "/v1/bot-model", { fine_tune_id: fineTune })).status).toBe(409);
    expect((await world.call("PUT", "/v1/bot-model", { fine_tune_id: crypto.randomUUID() })).status).toBe(404);
    expect((await world.call("PUT", "/v1/bot-model", { model: "anything" })).status).toBe(400);
    expect((await world.json("GET", "/v1/bot-model")).fine_tune_id).toBeNull();
  });

  it("is changed by no fine-tune, comparison or sweep", async () => {
    const { world, fineTune } = await aWorld();
    await world.json("POST", `/v1/fine-tunes/${fineTune}/comparison`, {});
    await world.deliver();
    await world.sweep();
    expect(await world.json("GET", "/v1/bot-model")).toMatchObject({ fine_tune_id: null, history: [] });
  });
});
