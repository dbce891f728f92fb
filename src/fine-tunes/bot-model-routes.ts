import { type AppContext, createRouter } from "../http/app-env.ts";
import { note } from "../http/note.ts";
import { jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { clearBotModel, getBotModel, setBotModel } from "./bot-model.ts";
import { botModelInput, botModelOutput } from "./schemas.ts";

const route = routesOf("fine-tunes");
const path = "/v1/bot-model";
const answers = { 200: jsonAnswer("As it is now", botModelOutput) };

const get = route(`GET ${path}`, "The bot's model: what the model name `redraft` means", { scope: "any_key", answers });

const set = route(`PUT ${path}`, "Use a tuned model as the bot's model", {
  scope: "admin",
  description:
    "Chat requests for the model `redraft` go to it within seconds. Only a person changes it; no job ever does.",
  request: { body: jsonBody(botModelInput) },
  answers,
  problems: ["not_found", "conflict"],
});

const clear = route(`DELETE ${path}`, "Go back to the default model", { scope: "admin", answers });

export const botModelRoutes = createRouter()
  .openapi(get, answerNow)
  .openapi(set, async (c) => {
    const subject = c.req.valid("json").fine_tune_id;
    note(c, { subject, ...(await setBotModel(c.var.services, subject, c.var.actor)) });
    return answerNow(c);
  })
  .openapi(clear, async (c) => {
    note(c, await clearBotModel(c.var.services, c.var.actor));
    return answerNow(c);
  });

async function answerNow(c: AppContext) {
  return c.json(await getBotModel(c.var.services), 200);
}
