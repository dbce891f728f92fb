import { checkJson } from "../../lib/check-json.ts";
import { excerpt } from "../../lib/text.ts";

/** What an error body says, whatever its shape. */
export interface SaidError {
  /** All machine-readable words (`code`, `type`, `status`, `reason`…), as lower-case strings, outermost first. */
  codes: string[];
  /** The words for a person, joined. */
  message: string;
  /** The request's field that it names. */
  param: string | null;
  /** The HTTP status that the body gives. */
  status: number | null;
  /** Names of telling fields that are there, such as `flagged_input`. */
  fields: Set<string>;
  /** `RetryInfo.retryDelay` of Google's APIs. */
  retryDelay: string | null;
  /** When a budget begins again, as sent. */
  resetsAt: string | null;
  /** Cloudflare numbers its errors in an envelope; the numbers mean something else elsewhere. */
  fromCloudflare: boolean;
  html: boolean;
}

const CODE_FIELDS = [
  ...["code", "type", "status", "reason", "error_code", "error_type", "errorcode", "limit_source"],
  ...["provider_error_code", "provider_code", "quotaId", "raw_status_code"],
];
const MESSAGE_FIELDS = ["message", "msg", "faultstring", "title"];
/** Where providers put an error, or more about it. Never `failed_generation`, `flagged_input` or `input`: customers' words. */
const INNER_FIELDS = [
  ...["error", "errors", "detail", "details", "innererror", "inner_error", "metadata", "raw", "fault", "violations"],
];
const TELLING_FIELDS = ["flagged_input", "reasons", "patterns", "failed_generation"];
const DEEPEST = 8;
const MOST_ITEMS = 20;
const LONGEST_MESSAGE = 2_000;

/** Reads an error body: JSON of any of the providers' shapes, events of a stream, HTML or plain text. */
export function readError(body: string): SaidError {
  const said: SaidError = {
    ...{ codes: [], message: "", param: null, status: null, fields: new Set<string>() },
    ...{ retryDelay: null, resetsAt: null, fromCloudflare: false, html: false },
  };
  const data = parseBody(body);
  if (data === undefined) {
    said.html = /^\s*</.test(body);
    said.message = excerpt(withoutTags(body), LONGEST_MESSAGE);
    return said;
  }
  said.fromCloudflare = isObject(data) && (data.success === false || Array.isArray(data.errors));
  collect(data, said, 0);
  said.message = excerpt(said.message, LONGEST_MESSAGE);
  return said;
}

/** The JSON of a body, one object freed of the array around it; of a stream the last event. Undefined: no JSON. */
export function parseBody(body: string): unknown {
  const events = /^\s*(?:data|event|id|:)/.test(body) ? [...body.matchAll(/^data: ?(\{.*)$/gm)] : [];
  const data = parse(events.at(-1)?.[1] ?? body);
  return Array.isArray(data) && data.length > 0 ? data[0] : data;
}

/** Whether a body that came with status 200 is an error all the same. */
export function holdsError(data: unknown): boolean {
  if (!isObject(data)) return false;
  const { error, errors, success, choices, object } = data;
  const listed = Array.isArray(error) || isObject(error) ? Object.keys(error).length > 0 : Boolean(error);
  if (listed || success === false || (Array.isArray(errors) && errors.length > 0)) return true;
  return choices === undefined && (object === "error" || "message" in data || "detail" in data);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  // What is nested that deep says nothing, and whoever goes through it runs out of stack.
  if (checkJson(new TextEncoder().encode(text)) !== null) return undefined;
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === "object" && data !== null ? data : undefined;
  } catch {
    return undefined;
  }
}

function collect(value: unknown, said: SaidError, depth: number): void {
  if (depth > DEEPEST) return;
  if (typeof value === "string") collectText(value, said, depth);
  if (Array.isArray(value)) for (const item of value.slice(0, MOST_ITEMS)) collect(item, said, depth + 1);
  if (!isObject(value)) return;
  for (const field of CODE_FIELDS) collectCode(value[field], said);
  for (const field of TELLING_FIELDS) {
    if (value[field] !== undefined && value[field] !== null) said.fields.add(field);
  }
  said.param ??= paramOf(value);
  said.retryDelay ??= typeof value.retryDelay === "string" ? value.retryDelay : null;
  said.resetsAt ??= ["string", "number"].includes(typeof value.resets_at) ? String(value.resets_at) : null;
  for (const field of [...MESSAGE_FIELDS, ...INNER_FIELDS]) collect(value[field], said, depth + 1);
}

/** A message, which proxies fill with the whole error of the server behind them. */
function collectText(text: string, said: SaidError, depth: number): void {
  const inner = /^\s*[[{]/.test(text) ? parse(text) : undefined;
  if (inner !== undefined) collect(inner, said, depth + 1);
  else if (said.message.length <= LONGEST_MESSAGE && !said.message.includes(text))
    said.message = `${said.message} ${withoutTags(text)}`.trim();
}

function collectCode(value: unknown, said: SaidError): void {
  if (typeof value !== "string" && typeof value !== "number") return;
  said.codes.push(String(value).toLowerCase());
  // xAI writes sentences there.
  if (typeof value === "string" && value.includes(" ")) said.message = `${said.message} ${value}`.trim();
  const status = Number(value);
  if (said.status === null && Number.isInteger(status) && status >= 400 && status < 600) said.status = status;
}

/** OpenAI's `param`; in FastAPI's `loc` the last name. */
function paramOf({ param, loc }: Record<string, unknown>): string | null {
  if (typeof param === "string" && param !== "") return param;
  if (!Array.isArray(loc)) return null;
  return loc.filter((step) => typeof step === "string" && step !== "body").at(-1) ?? null;
}

/** A page of a proxy says what is wrong near its beginning. */
const LONGEST_PAGE = 20_000;

function withoutTags(text: string): string {
  return text
    .slice(0, LONGEST_PAGE)
    .replace(/<(script|style)[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^<>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
