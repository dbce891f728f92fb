import { newPromptId } from "../experiments/prompt-id.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import { BOT_ALIAS, modelServer, resolveBotModel, type Target } from "./bot-model.ts";
import { findGuidance, type GuidanceServices, type PlainReason } from "./find-guidance.ts";

/** What of a chat request is looked at; all else it carries is passed on as it is. */
interface ChatRequest {
  model?: unknown;
  messages: { role?: unknown; content?: unknown }[];
}

export interface Guided {
  body: string;
  server: Omit<Target, "model">;
  /** What the name of our own stood for; null where the request names its model itself. */
  model: string | null;
  promptId: string;
  topic: string | null;
  plain: PlainReason | null;
}

/**
 * Adds the guidance to an OpenAI chat request, and puts the bot's model where the request says `redraft`. A body that
 * is no such request is passed on untouched: what is wrong with it is for the model's server to say.
 */
export async function guideChatRequest(
  services: GuidanceServices,
  body: string,
  waitUntil: WaitUntil,
): Promise<Guided> {
  const request = parseRequest(body);
  const target = request?.model === BOT_ALIAS ? await resolveBotModel(services, waitUntil) : null;
  const model = target?.model ?? null;
  const to = { server: target ?? modelServer(services.config), model };
  // Untouched where nothing is to be changed: what is in it, and how it is written, is the bot's own.
  const written = (changes: Partial<ChatRequest>) => {
    const all = { ...(model !== null && { model }), ...changes };
    return Object.keys(all).length === 0 ? body : JSON.stringify({ ...request, ...all });
  };
  const asked = request && lastUserText(request.messages);
  if (!request || !asked) {
    const promptId = newPromptId({ arm: "plain", cluster: 0, lessons: 0 }, services);
    return { ...to, body: written({}), promptId, topic: null, plain: "not_a_message" };
  }
  const conversation = firstUserText(request.messages) ?? asked;
  const { text, promptId, plain, cluster } = await findGuidance(
    services,
    { customerMessage: asked, conversation },
    waitUntil,
  );
  return {
    ...to,
    body: written(text === null ? {} : { messages: withGuidance(request.messages, text) }),
    promptId,
    topic: cluster?.context.topic ?? null,
    plain,
  };
}

function parseRequest(body: string): ChatRequest | null {
  try {
    const request: unknown = JSON.parse(body);
    if (typeof request !== "object" || request === null || !("messages" in request)) return null;
    const { messages } = request;
    if (!Array.isArray(messages) || !messages.every((message) => typeof message === "object" && message !== null)) {
      return null;
    }
    return { ...request, messages };
  } catch {
    return null;
  }
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (typeof part?.text === "string" ? part.text : "")).join("\n");
}

type Messages = ChatRequest["messages"];

const isUser = ({ role }: Messages[number]) => role === "user";

function lastUserText(messages: Messages): string | null {
  return textOf(messages.findLast(isUser)?.content).trim() || null;
}

function firstUserText(messages: Messages): string | null {
  return textOf(messages.find(isUser)?.content).trim() || null;
}

/** At the end of the last system (or developer) message before the conversation; before all else where there is none. */
function withGuidance(messages: Messages, text: string): Messages {
  const at = messages.findLastIndex(({ role }) => role === "system" || role === "developer");
  const message = messages[at];
  if (message === undefined) return [{ role: "system", content: text }, ...messages];
  const content = Array.isArray(message.content)
    ? [...message.content, { type: "text", text }]
    : `${typeof message.content === "string" ? message.content : ""}\n\n${text}`.trimStart();
  return messages.with(at, { ...message, content });
}
