import type { OpenAI } from "openai/client";
import { APIPromise } from "openai/core/api-promise";
import { APIConnectionError } from "openai/core/error";
import { Completions } from "openai/resources/chat/completions/completions";

/** What the SDK's promise makes an answer of. */
type Sent = Awaited<ConstructorParameters<typeof APIPromise>[1]>;

interface Server {
  apiKey: string;
  baseUrl: string;
  fetch: typeof fetch;
}

/**
 * The SDK's chat completions without the rest of the SDK. `new OpenAI()` makes all of its hundred resources, so no
 * bundler can leave one out: they were a third of the Worker. The resource and the promise of its answer are the
 * SDK's; of the client, that resource uses `post` alone, which is here, without retries. Refusals come as answers too:
 * the SDK's errors keep of a body only what has OpenAI's shape.
 */
export function createChatCompletions(server: Server): Completions {
  const client: Pick<OpenAI, "post"> = {
    post: (path, options) => new APIPromise(client as OpenAI, send(server, path, options)),
  };
  return new Completions(client as OpenAI);
}

async function send(
  { apiKey, baseUrl, fetch }: Server,
  path: string,
  given: Parameters<OpenAI["post"]>[1],
): Promise<Sent> {
  const options = { ...(await given), method: "post" as const, path };
  const response = await fetch(baseUrl + path, {
    method: "POST",
    headers: {
      accept: "application/json",
      authorization: `Bearer ${apiKey}`,
      "content-type": "application/json",
      "user-agent": "redraft",
    },
    body: JSON.stringify(options.body),
  }).catch((cause) => {
    throw new APIConnectionError({ cause });
  });
  // The rest is for the SDK's own log and for streams.
  return {
    response,
    options,
    controller: new AbortController(),
    requestLogID: "",
    retryOfRequestLogID: undefined,
    startTime: 0,
  };
}
