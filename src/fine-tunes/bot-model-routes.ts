import { createRoute } from "@hono/zod-openapi";
import { type AppContext, createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { jsonAnswer, jsonBody } from "../http/route-parts.ts";
import { clearBotModel, getBotModel, setBotModel } from "./bot-model.ts";
import { botModelInput, botModelOutput } from "./schemas.ts";

const tags = ["fine-tunes"];
const path = "/v1/bot-model";
const answer = jsonAnswer("As it is now", botModelOutput);

const get = createRoute({
  method: "get",
  path,
  tags,
  summary: "The bot's model: what the model name `redraft` means",
  responses: { 200: answer, ...problems() },
});

const set = createRoute({
  method: "put",
  path,
  tags,
  summary: "Use a tuned model as the bot's model",
  description:
    "Chat requests for the model `redraft` go to it within seconds. Only a person changes it; no job ever does.",
  request: { body: jsonBody(botModelInput) },
  responses: { 200: answer, ...problems("invalid", "not_found", "conflict") },
});

const clear = createRoute({
  method: "delete",
  path,
  tags,
  summary: "Go back to the default model",
  responses: { 200: answer, ...problems() },
});

export const botModelRoutes = createRouter()
  .openapi(get, answerNow)
  .openapi(set, async (c) => {
    await setBotModel(c.var.services, c.req.valid("json").fine_tune_id, c.var.actor);
    return answerNow(c);
  })
  .openapi(clear, async (c) => {
    await clearBotModel(c.var.services, c.var.actor);
    return answerNow(c);
  });

async function answerNow(c: AppContext) {
  return c.json(await getBotModel(c.var.services), 200);
}
