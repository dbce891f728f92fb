import type { ConversationGiven } from "../experiments/conversation.ts";
import { newPromptId, type PromptMark } from "../experiments/prompt-id.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import { BOT_ALIAS, modelServer, resolveBotModel, type Target } from "./bot-model.ts";
import { addGuidance, type Change, type ChatRequest, changed, readChatRequest } from "./chat-request.ts";
import { findGuidance, type GuidanceServices, type PlainReason } from "./find-guidance.ts";

export interface Guided {
  /** What goes to the model's server, in pieces. */
  body: Uint8Array[];
  server: Omit<Target, "model">;
  /** What the name of our own stood for; null where the request names its model itself. */
  model: string | null;
  promptId: string;
  topic: string | null;
  plain: PlainReason | null;
}

const NO_MESSAGE: PromptMark = {
  ...{ arm: "plain", cluster: 0, lessons: 0, conversation: 0, isToldApart: false },
  ...{ plainShare: 1, lessonShare: 0 },
};

/**
 * Adds the guidance to an OpenAI chat request, and puts the bot's model where the request says `redraft`. All else
 * stays as it was written. A body that is no such request is passed on untouched: what is wrong with it is for the
 * model's server to say.
 */
export async function guideChatRequest(
  services: GuidanceServices,
  body: Uint8Array,
  conversationId: string | null,
  waitUntil: WaitUntil,
): Promise<Guided> {
  const request = readChatRequest(body);
  const named = request?.model?.name === BOT_ALIAS ? request.model : null;
  const target = named === null ? null : await resolveBotModel(services, waitUntil);
  const changes: Change[] = [];
  if (named !== null && target !== null) {
    changes.push({ from: named.span.start, to: named.span.end, put: JSON.stringify(target.model) });
  }
  const to = { server: target ?? modelServer(services.config), model: target?.model ?? null };
  if (request === null || request.lastUserText === "") {
    const promptId = newPromptId(NO_MESSAGE, services);
    return { ...to, body: changed(body, changes), promptId, topic: null, plain: "not_a_message" };
  }
  const { text, promptId, plain, cluster } = await findGuidance(
    services,
    { customerMessage: request.lastUserText, conversation: conversationIn(request, conversationId) },
    waitUntil,
  );
  if (text !== null) changes.push(addGuidance(body, request, text));
  return { ...to, body: changed(body, changes), promptId, topic: cluster?.context.topic ?? null, plain };
}

function conversationIn(
  { firstUserText, lastUserText, userMessages }: ChatRequest,
  id: string | null,
): ConversationGiven {
  return { id, opening: firstUserText || lastUserText, isFirst: userMessages < 2 };
}
