import { z } from "@hono/zod-openapi";
import { GUIDANCE_CHARACTERS } from "../clusters/context/budgets.ts";
import { createRouter } from "../http/app-env.ts";
import { openAiError, openAiRefusal } from "../http/openai-error.ts";
import { jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { RedraftError } from "../lib/errors.ts";
import { guideChatRequest } from "./guide-chat-request.ts";
import { passOn } from "./pass-on.ts";
import { MOST_CHAT_BYTES, readChatBody } from "./read-chat-body.ts";

/** Its size limit is its own, and its errors have the shape that OpenAI's clients read. */
export const CHAT_PATH = "/v1/chat/completions";

const route = routesOf("prompts");

const chat = route(
  `POST ${CHAT_PATH}`,
  "Chat completions with the guidance added: an OpenAI client with only its base URL changed",
  {
    scope: "prompts",
    description:
      "The request goes to OPENAI_BASE_URL as it was written, the guidance added to its messages; the answer comes back " +
      "byte for byte, streaming or not, errors included (our own key blanked), with those of its headers that chat " +
      `clients read. At most ${MOST_CHAT_BYTES} bytes, images included. x-redraft-prompt-id names the prompt, x-redraft-cluster its topic (percent-encoded), ` +
      "x-redraft-plain why no guidance was added. The model name `redraft` means the bot's model (see /v1/bot-model), " +
      "which x-redraft-model then names; any other is passed on as it is. The guidance has at most " +
      `${GUIDANCE_CHARACTERS} characters. The header x-redraft-conversation-id takes your id of the conversation, as ` +
      "`conversation_id` of POST /v1/prompts.",
    request: { body: jsonBody(z.looseObject({ messages: z.array(z.unknown()) })) },
    answers: {
      200: {
        description: "The model's answer",
        content: {
          "application/json": { schema: z.looseObject({}) },
          "text/event-stream": { schema: z.string() },
        },
      },
      400: jsonAnswer("Not UTF-8, or refused by the model's server", openAiError),
      401: jsonAnswer("No valid key, here or at the model's server", openAiError),
      403: jsonAnswer("A key without the scope, or a browser's request from elsewhere", openAiError),
      413: jsonAnswer("Too large", openAiError),
      415: jsonAnswer("Not JSON", openAiError),
      429: jsonAnswer("Too many requests, here or at the model's server", openAiError),
      502: jsonAnswer(
        "The model's server could not be reached, was silent, or sent the request elsewhere",
        openAiError,
      ),
      default: jsonAnswer("Whatever else the model's server refuses with, passed on", openAiError),
    },
    unchecked: true,
  },
);

export const chatRoutes = createRouter();

// Not validated here: what is wrong with a request is for the model's server to say, in its own words.
chatRoutes.openAPIRegistry.registerPath(chat);

/** As of `conversation_id`. */
const LONGEST_ID = 200;

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

chatRoutes.post(chat.getRoutingPath(), chat.middleware[0], async (c) => {
  const { services } = c.var;
  if (!JSON_TYPE.test(c.req.header("content-type") ?? "")) {
    throw new RedraftError("unsupported_media_type", "Send the body with `content-type: application/json`.");
  }
  const conversationId = c.req.header("x-redraft-conversation-id")?.slice(0, LONGEST_ID) || null;
  const guided = await guideChatRequest(services, await readChatBody(c.req.raw.body), conversationId, waitUntilOf(c));
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
  return openAiRefusal(c, 502, "model_not_reached", "The model's server could not be reached.");
});
