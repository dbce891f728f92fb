import { createRoute } from "@hono/zod-openapi";
import { type AppContext, createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { clearBotModel, getBotModel, setBotModel } from "./bot-model.ts";
import { botModelInput, botModelOutput } from "./schemas.ts";

const tags = ["fine-tunes"];
const path = "/v1/bot-model";
const answer = { description: "As it is now", content: { "application/json": { schema: botModelOutput } } };

const get = createRoute({
  method: "get",
  path,
  tags,
  summary: "The bot's model: what the model name `redraft` stands for",
  responses: { 200: answer, ...problems() },
});

const set = createRoute({
  method: "put",
  path,
  tags,
  summary: "Make a tuned model the bot's",
  description: "Chat requests for the model `redraft` go to it within seconds. Only a person's word changes it.",
  request: { body: { required: true, content: { "application/json": { schema: botModelInput } } } },
  responses: { 200: answer, ...problems("invalid", "not_found", "conflict") },
});

const clear = createRoute({
  method: "delete",
  path,
  tags,
  summary: "Take the tuned model back: the default answers again",
  responses: { 200: answer, ...problems() },
});

export const botModelRoutes = createRouter()
  .openapi(get, async (c) => c.json(await getBotModel(c.var.services), 200))
  .openapi(set, async (c) => {
    await setBotModel(c.var.services, c.req.valid("json").fine_tune_id, c.var.actor);
    return c.json(await now(c), 200);
  })
  .openapi(clear, async (c) => {
    await clearBotModel(c.var.services, c.var.actor);
    return c.json(await now(c), 200);
  });

const now = (c: AppContext) => getBotModel(c.var.services);
