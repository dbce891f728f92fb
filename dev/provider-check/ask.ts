import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** Where a model is, and what opens it. */
export interface Place {
  baseUrl: string;
  apiKey: string;
  model: string;
  /** Default: the network. */
  fetch?: typeof globalThis.fetch;
}

/** One call and what came back. */
export interface Asked {
  status: number;
  ms: number;
  headers: Headers;
  /** The answer's text, where there is one. */
  content: string | null;
  finishReason: string | null;
  usage: { prompt_tokens: number; completion_tokens: number } | null;
  /** Fields of the message beyond the usual ones, such as `reasoning_content`. */
  extraFields: string[];
  /** What was said instead of an answer; empty after one. */
  error: string;
}

const count = z.number().catch(0);
const completion = z.looseObject({
  choices: z
    .array(z.looseObject({ message: z.looseObject({ content: z.unknown() }), finish_reason: z.string().nullish() }))
    .min(1),
  usage: z.looseObject({ prompt_tokens: count, completion_tokens: count }).nullish(),
});

const USUAL_FIELDS = new Set(["role", "content", "refusal", "tool_calls", "annotations", "audio", "function_call"]);
const TRIES = 4;
const LONGEST_WAIT_S = 60;
const DEFAULT_WAIT_S = 5;
const TIMEOUT_MS = 180_000;
const ERROR_LENGTH = 160;

/** Sends a chat request as it is; waits where the server says it is asked too often. The key shows up nowhere. */
export async function ask(place: Place, body: object): Promise<Asked> {
  for (let tries = 1; ; tries++) {
    const asked = await askOnce(place, body);
    if ((asked.status !== 429 && asked.status !== 503) || tries === TRIES) return asked;
    const wait = Number(asked.headers.get("retry-after") ?? DEFAULT_WAIT_S) || DEFAULT_WAIT_S;
    await sleep(Math.min(wait, LONGEST_WAIT_S) * 1000);
  }
}

async function askOnce(place: Place, body: object): Promise<Asked> {
  const began = performance.now();
  const response = await post(place, body);
  const text = await response.text();
  const ms = Math.round(performance.now() - began);
  const { status, headers } = response;
  const nothing = { content: null, finishReason: null, usage: null, extraFields: [] };
  const parsed = completion.safeParse(jsonOf(text));
  const choice = parsed.data?.choices[0];
  if (!response.ok || !parsed.success || choice === undefined)
    return { status, ms, headers, ...nothing, error: plain(text, place.apiKey) || "an empty body" };
  const { content } = choice.message;
  return {
    ...{ status, ms, headers, error: "" },
    content: typeof content === "string" ? content : content ? JSON.stringify(content) : null,
    finishReason: choice.finish_reason ?? null,
    usage: parsed.data.usage ?? null,
    extraFields: Object.keys(choice.message).filter((name) => !USUAL_FIELDS.has(name)),
  };
}

/** What a stream is made of. */
export interface Streamed {
  status: number;
  chunks: number;
  firstMs: number;
  done: boolean;
  usage: boolean;
}

export async function askStreamed(place: Place, body: object): Promise<Streamed> {
  const began = performance.now();
  const response = await post(place, { ...body, stream: true, stream_options: { include_usage: true } });
  const streamed: Streamed = { status: response.status, chunks: 0, firstMs: 0, done: false, usage: false };
  let text = "";
  if (response.body === null) return streamed;
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    if (text === "") streamed.firstMs = Math.round(performance.now() - began);
    text += piece;
  }
  const events = text.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  streamed.chunks = events.length;
  streamed.done = events.some((line) => line.includes("[DONE]"));
  streamed.usage = /"usage":\s*\{/.test(text);
  return streamed;
}

function post({ baseUrl, apiKey, model, fetch }: Place, body: object): Promise<Response> {
  return (fetch ?? globalThis.fetch)(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiKey || "none"}` },
    body: JSON.stringify({ model, ...body }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A server's words on one line, short, without the key. */
function plain(text: string, key: string): string {
  // Where the error has a message, that; otherwise everything.
  const [, message] = /"(?:message|error|detail)":\s*"((?:[^"\\]|\\.)+)"/.exec(text) ?? [];
  const said = message ?? text;
  const shown = key === "" ? said : said.replaceAll(key, "(key)");
  const line = shown.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
  return line.trim().slice(0, ERROR_LENGTH);
}
