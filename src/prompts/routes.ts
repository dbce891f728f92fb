import { createRoute } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { promptInput, promptOutput } from "./schemas.ts";
import { servePrompt } from "./serve-prompt.ts";

const serve = createRoute({
  method: "post",
  path: "/v1/prompts",
  tags: ["prompts"],
  summary: "The prompt for a customer's message, with what is known of past failures",
  description: "Answers with a plain prompt whenever anything behind it fails; `guided` and x-redraft-plain tell.",
  request: { body: { required: true, content: { "application/json": { schema: promptInput } } } },
  responses: {
    200: { description: "Messages ready to send", content: { "application/json": { schema: promptOutput } } },
    ...problems("invalid", "unsupported_media_type"),
  },
});

export const promptRoutes = createRouter().openapi(serve, async (c) => {
  const { prompt, plain } = await servePrompt(c.var.services, c.req.valid("json"));
  if (plain !== null) c.header("x-redraft-plain", plain);
  return c.json(prompt, 200);
});
