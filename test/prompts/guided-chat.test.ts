import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { readPromptId } from "../../src/experiments/prompt-id.ts";
import { aFailure, createWorld, KEY, ofTwoCustomers } from "../support/world.ts";

describe("POST /v1/chat/completions", () => {
  async function upstream(answer: (body: string) => Response) {
    const world = createWorld();
    const topic = `chat-${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic }));
    for (const original_prompt of ["Where is my refund?", "Refund not here", "When does my refund come?"]) {
      await world.record(aFailure({ topic, original_prompt }));
    }
    await world.record(aFailure({ topic: `${topic}-other`, original_prompt: "I forgot my password" }));
    await world.json("POST", "/v1/router/train");
    await world.deliver();
    const asked: { url: string; body: Record<string, unknown>; authorization: string | null }[] = [];
    world.services.fetch = async (input, init) => {
      const request = new Request(input, init);
      const body = await request.text();
      asked.push({ url: request.url, body: JSON.parse(body), authorization: request.headers.get("authorization") });
      return answer(body);
    };
    const client = new OpenAI({
      apiKey: KEY,
      baseURL: "http://redraft.test/v1",
      maxRetries: 0,
      fetch: async (input, init) => {
        const request = new Request(input as string, init as RequestInit);
        return world.call("POST", new URL(request.url).pathname, await request.text());
      },
    });
    return { client, asked, topic };
  }

  const completion = { id: "c1", object: "chat.completion", choices: [{ index: 0, message: { content: "Monday." } }] };
  const tools = [{ type: "function" as const, function: { name: "find_refund", parameters: { type: "object" } } }];

  it("adds the guidance for an OpenAI client, and passes on tools and all else", async () => {
    const { client, asked, topic } = await upstream(() => Response.json(completion));
    const { data, response } = await client.chat.completions
      .create({
        model: "m",
        messages: [
          { role: "developer", content: "Be kind." },
          { role: "user", content: [{ type: "text", text: "where is my refund please" }] },
        ],
        tools,
        temperature: 0.2,
        seed: 7,
      })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe("Monday.");
    expect(response.headers.get("x-redraft-cluster")).toBe(topic);
    expect(readPromptId(response.headers.get("x-redraft-prompt-id") ?? "")?.arm).toBe("guided");
    expect(asked[0]).toMatchObject({ url: "http://127.0.0.1:9/v1/chat/completions", authorization: "Bearer test" });
    expect(asked[0]?.body).toMatchObject({ tools, temperature: 0.2, seed: 7 });
    const [first, user] = (asked[0]?.body.messages ?? []) as { role: string; content: string }[];
    expect(first?.role).toBe("developer");
    expect(first?.content).toMatch(/^Be kind\.[\s\S]+It does not say when the money comes\./);
    expect(user).toEqual({ role: "user", content: [{ type: "text", text: "where is my refund please" }] });
  });

  it("streams the answer back byte for byte", async () => {
    const chunk = (content: string) =>
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\n\n`;
    const stream = `${chunk("Mon")}: a comment\n\n${chunk("day")}data: [DONE]\n\n`;
    const { client } = await upstream(() => new Response(stream, { headers: { "content-type": "text/event-stream" } }));
    const answer = await client.chat.completions.create({
      model: "m",
      messages: [{ role: "user", content: "where is my refund" }],
      stream: true,
    });
    const parts: string[] = [];
    for await (const part of answer) parts.push(part.choices[0]?.delta.content ?? "");
    expect(parts).toEqual(["Mon", "day"]);
    const raw = client.chat.completions.create({
      model: "m",
      messages: [{ role: "user", content: "refund" }],
      stream: true,
    });
    expect(await (await raw.asResponse()).text()).toBe(stream);
  });

  it("passes errors of the model's server on as they are", async () => {
    const error = { error: { message: "Slow down", type: "rate_limit_error", code: "rate_limit_exceeded" } };
    const { client } = await upstream(() => Response.json(error, { status: 429, headers: { "retry-after": "7" } }));
    const failed = client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "refund" }] });
    await expect(failed).rejects.toMatchObject({ status: 429, code: "rate_limit_exceeded" });
  });

  it("is not broken by anything behind it: the request goes on as it came", async () => {
    const world = createWorld();
    const bodies: string[] = [];
    world.services.fetch = async (_, init) => {
      bodies.push(await new Response(init?.body).text());
      return Response.json(completion);
    };
    world.services.bucket = new Proxy(world.services.bucket, {
      get() {
        throw new Error("down");
      },
    });
    const body = '{"model":"m","messages":[{"role":"user","content":"Hi"}], "odd": 1.0}';
    const response = await world.call("POST", "/v1/chat/completions", body, { "content-type": "application/json" });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-redraft-plain")).toBe("unavailable");
    expect(bodies).toEqual([body]);
  });
});
