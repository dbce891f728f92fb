import { blankGivenKeys } from "../lib/blank-keys.ts";
import { log } from "../lib/log.ts";
import { MINUTE } from "../lib/time.ts";
import { type Deadlines, fetchWithDeadlines } from "../llm/deadlines.ts";
import type { Services } from "../services.ts";
import type { Guided } from "./guide-chat-request.ts";

/** How long a chat may take. It is the bot's to be less patient: when it hangs up, so do we. */
export const CHAT_DEADLINES: Deadlines = {
  // As long as OpenAI's clients wait: a model that thinks and does not stream sends its headers when it is done.
  headersMs: 10 * MINUTE,
  // A model that thinks and streams says nothing meanwhile.
  betweenChunksMs: 5 * MINUTE,
  // What goes on coming may be long, and is not kept.
  totalMs: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
};

/** An error is read as a whole before it goes out; those that servers send have a few hundred bytes. */
const MOST_ERROR_BYTES = 1024 * 1024;

/**
 * The answer's headers that clients of chats read: what the body is, whose answer it is, limits, and when to try again.
 * All others are about this server's own connection, cookies, sign-in or cache, or would tell a browser what to do in
 * our name.
 */
const PASSED_ON = /^(?:content-type|x-request-id|openai-.*|x-ratelimit-.*|retry-after|retry-after-ms|x-should-retry)$/;

/**
 * Passes a chat request on to the model's server and its answer back: status and body, byte for byte, as it streams.
 * Errors of that server are passed on like any answer, and they and all headers without the key that it was sent.
 * @returns null when the server could not be reached, or its answer is none to pass on
 */
export async function passOn(
  { fetch, clock }: Pick<Services, "fetch" | "clock">,
  { body, server }: Pick<Guided, "body" | "server">,
  given: { accept?: string; beta?: string; signal: AbortSignal },
  deadlines: Deadlines = CHAT_DEADLINES,
): Promise<Response | null> {
  try {
    // The base URL is the operator's; where it points to is not for its server to change: no redirect is followed.
    const answer = await fetchWithDeadlines(
      deadlines,
      clock,
      fetch,
    )(`${server.baseUrl}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(server.key !== "" && { authorization: `Bearer ${server.key}` }),
        ...(given.accept !== undefined && { accept: given.accept }),
        ...(given.beta !== undefined && { "openai-beta": given.beta }),
      },
      // Of a known length, which some servers ask for, and sent from here without another copy.
      body: new Blob(body),
      signal: given.signal,
    });
    const { status } = answer;
    if (status >= 300 && status < 400) {
      await answer.body?.cancel();
      log.error("model_redirects", { status });
      return null;
    }
    const headers = new Headers(
      [...answer.headers].flatMap(([name, value]) =>
        PASSED_ON.test(name) ? [[name, blankGivenKeys(value, [server.key])]] : [],
      ),
    );
    const content = status < 400 ? answer.body : await withoutKey(answer, server.key);
    return new Response(content, { status, headers });
  } catch (error) {
    // Where the caller hung up there is nobody to tell, and nothing wrong.
    if (!given.signal.aborted) log.error("model_not_reached", {}, error);
    return null;
  }
}

/** A refusal's body. "Incorrect API key provided: …" is about our key, which is none of the caller's. */
async function withoutKey(answer: Response, key: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of answer.body ?? []) {
    length += piece.byteLength;
    if (length > MOST_ERROR_BYTES) throw new Error(`the error of status ${answer.status} is too large to pass on`);
    pieces.push(piece);
  }
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const cleaned = blankGivenKeys(text, [key]);
  return cleaned === text ? bytes : new TextEncoder().encode(cleaned);
}
