import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { log } from "../../src/lib/log.ts";
import { aFailure, createWorld, KEY } from "../support/world.ts";

const PATH = "/v1/chat/completions";
const KEY_OF_SERVER = "sk-proj-Zq81LmX0aPq7RtB3";

/** What a chat request became on its way, by default at a server that has nothing to say. */
async function passed(body: string | Uint8Array | ReadableStream, answer: () => Response | Promise<Response> = plain) {
  const { world, sent } = aServer(answer);
  const response = await world.call("POST", PATH, typeof body === "string" ? body : new Response(body).body);
  return { response, sent: sent[0] ?? null };
}

const plain = () => Response.json({ choices: [] });

function aServer(answer: () => Response | Promise<Response> = plain) {
  const world = createWorld({ vars: { OPENAI_API_KEY: KEY_OF_SERVER } });
  const sent: string[] = [];
  world.services.fetch = (async (_: string, init: RequestInit) => {
    sent.push(await new Response(init.body).text());
    return answer();
  }) as typeof fetch;
  return { world, sent };
}

/** A server for a topic whose guidance is known, and a message that leads to it. */
async function guiding() {
  const { world, sent } = aServer();
  const topic = `refund ${crypto.randomUUID()}`;
  for (const original_prompt of ["Where is my refund?", "Refund not here", "When does my refund come?"]) {
    await world.record(aFailure({ topic, original_prompt }));
  }
  await world.record(aFailure({ topic: `${topic} other`, original_prompt: "I forgot my password" }));
  await world.json("POST", "/v1/router/train");
  await world.deliver();
  const ask = async (body: string) => {
    const response = await world.call("POST", PATH, body);
    expect(response.headers.get("x-redraft-plain")).toBeNull();
    return sent.at(-1) ?? "";
  };
  return { ask };
}

const QUESTION = `{"role":"user","content":"where is my refund please"}`;

describe("a chat request that gets guidance", () => {
  let ask: Awaited<ReturnType<typeof guiding>>["ask"];
  beforeAll(async () => {
    ({ ask } = await guiding());
  });

  it("is sent on as it was written but for the message that the guidance goes into", async () => {
    const before = `{ "seed": 9007199254740993, "temperature":1.0e0,\n "x":{"b":1,"a":1,"b":[2]}, "messages": [`;
    const after = `, {"role":"user", "content":"Is 1.50 the same as 1.5?", "n": 12345678901234567890},${QUESTION} ], "seed": 1E400 }`;
    const sent = await ask(`${before}{"content" : "Be \\u006bind." ,"role":"system"}${after}`);
    expect(sent.startsWith(`${before}{"content" : "Be \\u006bind.\\n\\n`)).toBe(true);
    expect(sent.endsWith(`" ,"role":"system"}${after}`)).toBe(true);
    expect(JSON.parse(sent).messages[0].content).toMatch(/^Be kind\.\n\n[\s\S]+when the money comes/);
  });

  it.each([
    ["no system message", "", [/when the money comes/]],
    ["an empty one", `{"role":"system","content":""},`, [/^(?!\s)[\s\S]+when the money comes/]],
    ["one without content", `{"role":"system"},`, [/when the money comes/]],
    ["one whose content is null", `{"role":"developer","content":null,"name":"x"},`, [/when the money comes/]],
    ["two", `{"role":"system","content":"A"},{"role":"system","content":"B"},`, [/^A$/, /^B\n\n[\s\S]+when the money/]],
  ])("with %s has it in one place", async (_, system, expected) => {
    const { messages } = JSON.parse(await ask(`{"messages":[${system}${QUESTION}]}`));
    expect(messages.at(-1)).toEqual(JSON.parse(QUESTION));
    expect(messages).toHaveLength(expected.length + 1);
    for (const [i, pattern] of expected.entries()) expect(messages[i].content).toMatch(pattern);
  });

  it.each(["[]", ` [ {"type":"text","text":"Be kind."} ] `])("with parts has it as one more: %s", async (parts) => {
    const { messages } = JSON.parse(await ask(`{"messages":[{"role":"system","content":${parts}},${QUESTION}]}`));
    expect(messages[0].content.slice(0, -1)).toEqual(JSON.parse(parts));
    expect(messages[0].content.at(-1)).toMatchObject({ type: "text", text: expect.stringMatching(/money comes/) });
  });

  it("keeps 20 MB of images as they are", { timeout: 30_000 }, async () => {
    const image = `{"type":"image_url","image_url":{"url":"data:image/png;base64,${"iVBORw0K".repeat(3_495_253)}"}}`;
    const user = `{"role":"user","content":[{"type":"text","text":"where is my refund please"},${image}]}`;
    const sent = await ask(`{"messages":[${user}]}`);
    expect(sent.endsWith(`,${user}]}`)).toBe(true);
    expect(sent.slice(0, 2_000)).toContain("when the money comes");
  });
});

describe("a chat request that cannot be understood", () => {
  it.each([
    ["nested deeper than anybody reads", `{"messages":[${QUESTION}],"x":${"[".repeat(1e5)}${"]".repeat(1e5)}}`],
    ["cut off", `{"messages":[${QUESTION}]`],
    ["of messages that are none", `{"model":"redraft","messages":[1,"x"]}`],
    ["no object", "[]"],
  ])("as it is %s, goes on untouched and plain", async (_, body) => {
    const { response, sent } = await passed(body);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-redraft-plain")).toBe("not_a_message");
    expect(sent === body).toBe(true);
  });
});

describe("what this route refuses itself", () => {
  const openAiError = { message: expect.any(String), type: "invalid_request_error", param: null };
  const call = (body: string | Uint8Array | ReadableStream, headers: Record<string, string> = {}) =>
    aServer().world.call("POST", PATH, new Response(body).body, headers);

  it("has the shape that OpenAI's clients read: a wrong key", async () => {
    const response = await call("{}", { authorization: `Bearer ${KEY}x` });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: { ...openAiError, code: "invalid_api_key" } });
  });

  it("the same: a content type that is not JSON", async () => {
    const response = await call("{}", { "content-type": "text/plain" });
    expect(response.status).toBe(415);
    expect(await response.json()).toEqual({ error: { ...openAiError, code: "unsupported_media_type" } });
  });

  it("the same: text that is not UTF-8", async () => {
    const response = await call(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: { ...openAiError, code: "invalid_request" } });
  });

  it.each(["application/json", "application/x-ndjson"])("the same: more than the limit, as %s", async (type) => {
    let given = 0;
    const endless = new ReadableStream({
      pull(controller) {
        given += 1;
        controller.enqueue(new Uint8Array(1024 * 1024).fill(0x20));
      },
    });
    const response = await call(endless, { "content-type": type });
    expect([413, 415]).toContain(response.status);
    if (type === "application/json") expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: openAiError });
    expect(given).toBeLessThan(40);
  });
});

describe("what the model's server answers to a chat", () => {
  afterEach(() => vi.restoreAllMocks());

  it("gives no header but those of a list to the caller", async () => {
    const allowed = {
      ...{ "content-type": "application/json", "x-request-id": "req_1", "openai-processing-ms": "12" },
      ...{
        "x-ratelimit-remaining-tokens": "7",
        "retry-after": "3",
        "retry-after-ms": "2900",
        "x-should-retry": "true",
      },
    };
    const refused = {
      ...{ "set-cookie": "a=b", "clear-site-data": '"*"', refresh: "0; url=https://evil.example", location: "/x" },
      ...{
        "access-control-allow-origin": "*",
        "www-authenticate": "Basic",
        "proxy-authenticate": "Basic",
        link: "</x>",
      },
      ...{ "content-disposition": "attachment", "x-redraft-model": "other", "content-encoding": "identity" },
    };
    const { response } = await passed("{}", () => new Response("{}", { headers: { ...allowed, ...refused } }));
    for (const [name, value] of Object.entries(allowed)) expect(response.headers.get(name), name).toBe(value);
    for (const name of Object.keys(refused)) expect(response.headers.get(name), name).toBeNull();
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it.each([301, 302, 304, 307])("never sends the caller elsewhere: %i", async (status) => {
    vi.spyOn(log, "error").mockReturnValue();
    const { response } = await passed(
      "{}",
      () => new Response(null, { status, headers: { location: "https://evil.example" } }),
    );
    expect(response.status).toBe(502);
    expect(response.headers.get("location")).toBeNull();
    expect(await response.json()).toMatchObject({ error: { type: "server_error", code: "model_not_reached" } });
  });

  it("does not show the caller the key that it was sent", async () => {
    const said = { error: { message: `Incorrect API key provided: ${KEY_OF_SERVER}.`, code: "invalid_api_key" } };
    const { response } = await passed("{}", () => Response.json(said, { status: 401 }));
    expect(response.status).toBe(401);
    const text = await response.text();
    expect(text).not.toContain(KEY_OF_SERVER.slice(0, 12));
    expect(JSON.parse(text)).toEqual({ error: { ...said.error, message: "Incorrect API key provided: [key]." } });
  });

  it("does not show that key in a header either", async () => {
    const headers = { "x-request-id": `req ${KEY_OF_SERVER}`, "openai-organization": KEY_OF_SERVER };
    const { response } = await passed("{}", () => Response.json({}, { headers }));
    expect(response.headers.get("x-request-id")).toBe("req [key]");
    expect(response.headers.get("openai-organization")).toBe("[key]");
  });

  it("is the caller's byte for byte where it is an error without a key", async () => {
    const body = `{ "error" : {"message":"Slow down \\u00e9", "n": 1.0} }`;
    const { response } = await passed("{}", () => new Response(body, { status: 429 }));
    expect(await response.text()).toBe(body);
  });

  it("may be an error that never ends: it is cut", async () => {
    vi.spyOn(log, "error").mockReturnValue();
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024)) });
    const { response } = await passed("{}", () => new Response(endless, { status: 500 }));
    expect(response.status).toBe(502);
  });
});
