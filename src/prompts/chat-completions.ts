import { newPromptId } from "../experiments/prompt-id.ts";
import { log } from "../lib/log.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Services } from "../services.ts";
import { BOT_ALIAS, modelServer, resolveBotModel, type Target } from "./bot-model.ts";
import { type DecidingServices, decideArm } from "./decide-arm.ts";
import { findGuidance, type GuidanceServices, type PlainReason } from "./find-guidance.ts";

/** What of a chat request is looked at; all else it carries is passed on as it is. */
interface ChatRequest {
  model?: unknown;
  messages: { role?: unknown; content?: unknown }[];
}

export interface Guided {
  /** The request to pass on. */
  body: string;
  /** Where to. */
  server: Omit<Target, "model">;
  /** What the name of our own stood for; null where the request names its model itself. */
  model: string | null;
  promptId: string;
  topic: string | null;
  plain: PlainReason | null;
}

/**
 * Adds the guidance to an OpenAI chat request, and puts the bot's model where the request says `redraft`. A body that is not one is passed on untouched: what is wrong with it
 * is for the model's server to say.
 */
export async function guideChatRequest(
  services: GuidanceServices & DecidingServices,
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
  const asked = request && lastUserText(request);
  if (!request || !asked) {
    const promptId = newPromptId({ arm: "plain", cluster: 0, lessons: 0 }, services);
    return { ...to, body: written({}), promptId, topic: null, plain: "not_a_message" };
  }
  const found = await findGuidance(services, { customerMessage: asked }, waitUntil);
  const { heldOut, text, promptId } = decideArm(services, found, firstUserText(request) ?? asked);
  return {
    ...to,
    body: written(text === null ? {} : { messages: withGuidance(request.messages, text) }),
    promptId,
    topic: found.cluster?.context.topic ?? null,
    plain: heldOut ? "holdout" : text === null ? (found.plain ?? "nothing_known") : null,
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

function lastUserText({ messages }: ChatRequest): string | null {
  return textOf(messages.findLast(({ role }) => role === "user")?.content).trim() || null;
}

function firstUserText({ messages }: ChatRequest): string | null {
  return textOf(messages.find(({ role }) => role === "user")?.content).trim() || null;
}

/** At the end of the last system (or developer) message before the conversation; before all else where there is none. */
function withGuidance(messages: ChatRequest["messages"], text: string): ChatRequest["messages"] {
  const at = messages.findLastIndex(({ role }) => role === "system" || role === "developer");
  const message = messages[at];
  if (message === undefined) return [{ role: "system", content: text }, ...messages];
  const content = Array.isArray(message.content)
    ? [...message.content, { type: "text", text }]
    : `${typeof message.content === "string" ? message.content : ""}\n\n${text}`.trimStart();
  return messages.with(at, { ...message, content });
}

/** Of the answer's headers: those of one connection, and those that a decoded body no longer fits. */
const NOT_PASSED_ON = [
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "set-cookie",
  "transfer-encoding",
];

/**
 * Passes a chat request on to the model's server and its answer back: status, headers and the body byte for byte,
 * as it streams. Errors of that server are passed on like any answer.
 * @returns null when the server could not be reached
 */
export async function passOn(
  { fetch }: Pick<Services, "fetch">,
  { body, server }: Pick<Guided, "body" | "server">,
  given: { accept?: string; beta?: string; signal: AbortSignal },
): Promise<Response | null> {
  try {
    const answer = await fetch(`${server.baseUrl}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(server.key !== "" && { authorization: `Bearer ${server.key}` }),
        ...(given.accept !== undefined && { accept: given.accept }),
        ...(given.beta !== undefined && { "openai-beta": given.beta }),
      },
      body,
      signal: given.signal,
      // The base URL is the operator's; where it points to is not for its server to change.
      redirect: "manual",
    });
    const headers = new Headers(answer.headers);
    for (const name of NOT_PASSED_ON) headers.delete(name);
    return new Response(answer.body, { status: answer.status, headers });
  } catch (error) {
    log.error("model_not_reached", {}, error);
    return null;
  }
}
