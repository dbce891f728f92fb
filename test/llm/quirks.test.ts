import { expect, it } from "vitest";
import { createOpenAiModel } from "../../src/llm/openai.ts";

it("goes on with the parameter a model takes after one value of it was refused", async () => {
  const refused = (param: string, code: string, message: string) =>
    Response.json({ error: { message, type: "invalid_request_error", param, code } }, { status: 400 });
  const model = createOpenAiModel({
    ...{ apiKey: "k", baseUrl: "https://quirks.test/v1", clock: Date.now },
    fetch: async (_, init) => {
      const body = JSON.parse(String(init?.body));
      if ("max_tokens" in body) {
        const message = "Unsupported parameter: 'max_tokens' is not supported with this model.";
        return refused("max_tokens", "unsupported_parameter", message);
      }
      if (body.max_completion_tokens > 4_096) {
        const message = "max_tokens is too large: 8000. This model supports at most 4096 completion tokens.";
        return refused("max_completion_tokens", "invalid_value", message);
      }
      return Response.json({ choices: [{ finish_reason: "stop", message: { content: "OK" } }] });
    },
  });
  const ask = (maxOutputTokens: number) =>
    model.complete({ model: "m", messages: [{ role: "user", content: "Hi" }], maxOutputTokens });
  await expect(ask(8_000)).rejects.toMatchObject({ code: "unsupported_parameter" });
  expect((await ask(500)).text).toBe("OK");
});
