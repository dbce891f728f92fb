import { itemsOf, kindOf, membersOf, parseSpan, type Span, spanOfJson } from "../lib/json-spans.ts";

/** What of a chat request is looked at: where it stands. All else is passed on as it is. */
export interface ChatRequest {
  /** The model's name, and its place. */
  model: { name: string; span: Span } | null;
  messages: Span;
  /** The user's first and last message, as text; empty where there is none, or none with text. */
  firstUserText: string;
  lastUserText: string;
  userMessages: number;
  /** The last message that instructs the model, and its content's place, which may be missing. */
  system: { message: Span; content: Span | undefined } | null;
}

/** A change to a text: what goes in at a place, and where the text goes on. */
export interface Change {
  from: number;
  to: number;
  put: string;
}

/** As much of a message is looked at as a failure's prompt may hold; its topic shows long before. */
const MOST_CHARACTERS = 50_000;

/** A longer name is none that is known here. */
const LONGEST_NAME = 1_000;

/** Reads a request from its bytes, UTF-8. @returns null where it is none of OpenAI's */
export function readChatRequest(bytes: Uint8Array): ChatRequest | null {
  const body = spanOfJson(bytes);
  if (body === null || kindOf(bytes, body) !== "object") return null;
  const { model, messages } = membersOf(bytes, body, ["model", "messages"]);
  if (messages === undefined || kindOf(bytes, messages) !== "array") return null;
  let system: ChatRequest["system"] = null;
  let userMessages = 0;
  let [first, last]: (Span | undefined | null)[] = [null, null];
  for (const message of itemsOf(bytes, messages)) {
    if (kindOf(bytes, message) !== "object") return null;
    const { role: named, content } = membersOf(bytes, message, ["role", "content"]);
    const role = nameAt(bytes, named);
    if (role === "system" || role === "developer") system = { message, content };
    if (role !== "user") continue;
    userMessages += 1;
    if (first === null) first = content;
    last = content;
  }
  const name = nameAt(bytes, model);
  return {
    model: model === undefined || name === null ? null : { name, span: model },
    messages,
    firstUserText: textAt(bytes, first),
    lastUserText: textAt(bytes, last),
    userMessages,
    system,
  };
}

/** Puts the guidance at the end of the last system (or developer) message; before all else where there is none. */
export function addGuidance(bytes: Uint8Array, { system, messages }: ChatRequest, text: string): Change {
  if (system === null) return insert(messages.start + 1, `${JSON.stringify({ role: "system", content: text })},`);
  const { message, content } = system;
  if (content === undefined) return insert(message.start + 1, `"content":${JSON.stringify(text)},`);
  switch (kindOf(bytes, content)) {
    case "array": {
      const comma = itemsOf(bytes, content).next().done ? "" : ",";
      return insert(content.end - 1, comma + JSON.stringify({ type: "text", text }));
    }
    case "string":
      if (textAt(bytes, content) === "") break;
      return insert(content.end - 1, JSON.stringify(`\n\n${text}`).slice(1, -1));
  }
  return { from: content.start, to: content.end, put: JSON.stringify(text) };
}

const insert = (at: number, put: string): Change => ({ from: at, to: at, put });

/** A text with some changes, in pieces: between them its bytes are not copied. */
export function changed(bytes: Uint8Array, changes: Change[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { from, to, put } of changes.toSorted((a, b) => a.from - b.from)) {
    pieces.push(bytes.subarray(at, from), new TextEncoder().encode(put));
    at = to;
  }
  return [...pieces, bytes.subarray(at)];
}

/** A short string. */
function nameAt(bytes: Uint8Array, span: Span | undefined): string | null {
  if (span === undefined || span.end - span.start > LONGEST_NAME || kindOf(bytes, span) !== "string") return null;
  return String(parseSpan(bytes, span));
}

/** A message's text without its images. */
function textAt(bytes: Uint8Array, content: Span | null | undefined): string {
  if (!content) return "";
  const kind = kindOf(bytes, content);
  if (kind === "string") return String(parseSpan(bytes, content)).trim().slice(0, MOST_CHARACTERS);
  if (kind !== "array") return "";
  const texts: string[] = [];
  for (const part of itemsOf(bytes, content)) {
    const { text } = kindOf(bytes, part) === "object" ? membersOf(bytes, part, ["text"]) : {};
    if (text && kindOf(bytes, text) === "string") texts.push(String(parseSpan(bytes, text)));
  }
  return texts.join("\n").trim().slice(0, MOST_CHARACTERS);
}
