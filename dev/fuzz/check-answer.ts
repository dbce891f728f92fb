import { gunzipSync } from "node:zlib";
import type { Api, Operation } from "./document.ts";
import type { Answer, FuzzRequest } from "./request.ts";

export type Kind = "server error" | "hang" | "broken" | "no problem document" | "undocumented" | "schema" | "unescaped";

export interface Fault {
  kind: Kind | "refused, but changed";
  status: number;
  detail: string;
}

const PROBLEM = "application/problem+json";
const CHAT = "/v1/chat/completions";
/** Put into texts; a page that holds it as it is would hold anybody's markup. */
export const MARKUP = "<x-fuzz onclick=1>";

/** What is wrong with an answer: against the document, and against what holds for every answer. Null: nothing. */
export function checkAnswer(api: Api, request: FuzzRequest, answer: Answer): Fault | null {
  const { status, fault } = answer;
  const say = (kind: Kind, detail: string): Fault => ({ kind, status, detail });
  if (fault !== null) return say(fault === "no answer in time" ? "hang" : "broken", fault);
  const operation = api.find(request.method === "HEAD" ? "GET" : request.method, request.path);
  if (status >= 500 && operation?.responses[status] === undefined) return say("server error", textOf(answer));
  if (request.method === "HEAD") return checkStatus(operation, status, say);
  const type = mediaType(answer);
  if (type === "text/html" && answer.body.includes(MARKUP)) return say("unescaped", `the page holds ${MARKUP}`);
  const wrong = status >= 400 ? checkError(request, answer, type) : null;
  if (wrong !== null) return say("no problem document", wrong);
  if (operation === undefined) return null;
  return checkStatus(operation, status, say) ?? checkContent(api, operation, answer, type, say);
}

type Say = (kind: Kind, detail: string) => Fault;

function checkStatus(operation: Operation | undefined, status: number, say: Say): Fault | null {
  if (operation === undefined || documented(operation, status) !== undefined) return null;
  return say("undocumented", `${operation.route} does not document the status ${status}`);
}

/** `default` stands for any status that is not listed; a fault of the server's must be listed by its own. */
function documented({ responses }: Operation, status: number) {
  return responses[status] ?? (status < 500 ? responses.default : undefined);
}

function checkContent(api: Api, operation: Operation, answer: Answer, type: string, say: Say): Fault | null {
  const content = documented(operation, answer.status)?.content;
  if (content === undefined) return null;
  const known = content[type];
  if (known === undefined) return say("schema", `sent as "${type}", documented as ${Object.keys(content).join(", ")}`);
  if (known.schema === undefined || !/[/+]json$/.test(type)) return null;
  const value = parse(answer);
  if (value === undefined) return say("schema", `not JSON: ${textOf(answer)}`);
  const fault = api.faultOf(known.schema, value);
  return fault === null ? null : say("schema", fault);
}

/** What is wrong with the body of an error: it is to be a problem document, a page, or what OpenAI's clients read. */
function checkError(request: FuzzRequest, answer: Answer, type: string): string | null {
  const value = parse(answer);
  const isChat = request.path.split("?", 1)[0] === CHAT;
  if (isChat) return isOpenAiError(value) ? null : `not OpenAI's error shape: ${type} ${textOf(answer)}`;
  if (type === "text/html" && !request.path.startsWith("/v1/")) return null;
  if (type !== PROBLEM) return `sent as "${type}": ${textOf(answer)}`;
  const problem = isRecord(value) ? value : {};
  const said = ["type", "title", "detail"].every((name) => typeof problem[name] === "string");
  if (!said) return `fields are missing: ${textOf(answer)}`;
  return problem.status === answer.status ? null : `says status ${problem.status}`;
}

function isOpenAiError(value: unknown): boolean {
  const error = isRecord(value) ? value.error : undefined;
  return isRecord(error) && typeof error.message === "string" && typeof error.type === "string";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mediaType({ headers }: Answer): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function parse({ headers, body }: Answer): unknown {
  try {
    const plain = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    return JSON.parse(plain.toString("utf8"));
  } catch {
    return undefined;
  }
}

const SHOWN = 200;

function textOf({ body }: Answer): string {
  return body.toString("utf8", 0, SHOWN).replace(/\s+/g, " ");
}
