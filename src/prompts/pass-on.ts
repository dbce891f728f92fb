import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import type { Guided } from "./guide-chat-request.ts";

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
