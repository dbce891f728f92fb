import { z } from "@hono/zod-openapi";
import { GUIDANCE_CHARACTERS } from "../clusters/context/budgets.ts";
import { createRouter } from "../http/app-env.ts";
import { jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { guideChatRequest } from "./guide-chat-request.ts";
import { passOn } from "./pass-on.ts";

const route = routesOf("prompts");

const chat = route(
  "POST /v1/chat/completions",
  "Chat completions with the guidance added: an OpenAI client with only its base URL changed",
  {
    description:
      "The request goes to OPENAI_BASE_URL with all it carries; the answer comes back byte for byte, streaming or not, " +
      "errors included. x-redraft-prompt-id names the prompt, x-redraft-cluster its topic (percent-encoded), " +
      "x-redraft-plain why no guidance was added. The model name `redraft` means the bot's model (see /v1/bot-model), " +
      "which x-redraft-model then names; any other is passed on as it is. The guidance has at most " +
      `${GUIDANCE_CHARACTERS} characters.`,
    request: { body: jsonBody(z.looseObject({ messages: z.array(z.unknown()) })) },
    answers: {
      200: jsonAnswer("The model's answer", z.looseObject({})),
      502: jsonAnswer("The model's server could not be reached", z.unknown()),
    },
    problems: ["too_large"],
    unchecked: true,
  },
);

export const chatRoutes = createRouter();

// Not validated here: what is wrong with a request is for the model's server to say, in its own words.
chatRoutes.openAPIRegistry.registerPath(chat);

chatRoutes.post(chat.getRoutingPath(), async (c) => {
  const { services } = c.var;
  const guided = await guideChatRequest(services, await c.req.text(), waitUntilOf(c));
  const { promptId, topic, plain, model } = guided;
  const answer = await passOn(services, guided, {
    accept: c.req.header("accept"),
    beta: c.req.header("openai-beta"),
    signal: c.req.raw.signal,
  });
  c.header("x-redraft-prompt-id", promptId);
  if (topic !== null) c.header("x-redraft-cluster", encodeURIComponent(topic));
  if (model !== null) c.header("x-redraft-model", encodeURI(model));
  if (plain !== null) c.header("x-redraft-plain", plain);
  if (answer !== null) return c.newResponse(answer.body, answer);
  const message = "The model's server could not be reached.";
  return c.json({ error: { message, type: "server_error", param: null, code: "model_not_reached" } }, 502);
});
