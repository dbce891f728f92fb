import { isRecord } from "./check-answer.ts";
import { type Form, readPage, shapeOf } from "./pages.ts";
import type { Answer } from "./request.ts";

/** Enough to choose from: the first ones, of which everything was made, and the newest, because others may be gone. */
const KEPT = 40;
const KEPT_FIRST = 10;

/**
 * What earlier answers named: ids by the resource they stand for (`exports`), other values by their field (`topic`,
 * `version`, `next_cursor`), the links and forms of pages. So that deep routes are reached.
 */
export interface Pool {
  values: Map<string, (string | number)[]>;
  /** Numbers of what an answer described, such as the version of `improvements/{id}`. */
  records: Map<string, Record<string, number>>;
  links: Map<string, string[]>;
  forms: Map<string, Form[]>;
}

export function createPool(): Pool {
  return { values: new Map(), records: new Map(), links: new Map(), forms: new Map() };
}

/** The fields whose values other calls take. */
const TAKEN = /(^id|_id|topic|failure_category|version|next_cursor|external_id|model)$/;

/** The resource that a path is about: `exports` of `/v1/exports/{id}/links`. */
export function resourceOf(path: string): string {
  return path.split(/[/?]/).filter((part) => part !== "" && part !== "v1")[0] ?? "";
}

/** What `records` calls the one that a path is about. */
export function recordOf(path: string): string {
  const [, , resource, name = ""] = path.split(/[/?]/);
  return `${resource}/${name}`;
}

/** Keeps what an answer names. */
export function learn(pool: Pool, path: string, { status, headers, body }: Answer): void {
  if (status < 200 || status >= 300) return;
  const type = headers["content-type"] ?? "";
  if (type.startsWith("text/html")) learnPage(pool, path, body.toString("utf8"));
  if (!type.startsWith("application/json") || path.startsWith("/openapi.json")) return;
  try {
    learnValue(pool, resourceOf(path), JSON.parse(body.toString("utf8")));
  } catch {
    // The check of the answer has said so.
  }
}

function learnPage(pool: Pool, path: string, html: string): void {
  const { links, forms } = readPage(html, path);
  for (const link of links) keep(pool.links, shapeOf(link), link);
  // Signed out, the rest of the run would see no page.
  const others = forms.filter(({ action }) => !action.startsWith("/sign-out"));
  for (const form of others) keep(pool.forms, `${form.method} ${shapeOf(form.action)}`, form);
}

function learnValue(pool: Pool, resource: string, value: unknown): void {
  if (Array.isArray(value)) for (const one of value) learnValue(pool, resource, one);
  else if (isRecord(value)) {
    const name = resource === "clusters" ? value.topic : value.id;
    const numbers = Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number");
    if (typeof name === "string" && numbers.length > 0)
      pool.records.set(`${resource}/${encodeURIComponent(name.toWellFormed())}`, Object.fromEntries(numbers));
    for (const [field, one] of Object.entries(value)) learnField(pool, resource, field, one);
  }
}

function learnField(pool: Pool, resource: string, field: string, value: unknown): void {
  if (typeof value === "object") learnValue(pool, resource, value);
  if (typeof value === "string") {
    const token = /\/v1\/links\/([^/]+)\//.exec(value)?.[1];
    if (token !== undefined) keep(pool.values, "token", token);
  }
  // An improvement has a prompt_id too, which is of another kind.
  if (field === "prompt_id" && resource !== "prompts") return;
  if (!TAKEN.test(field) || (typeof value !== "string" && typeof value !== "number")) return;
  keep(pool.values, field === "id" ? resource : field, value);
  if (field === "id") keep(pool.values, "id", value);
}

function keep<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key) ?? [];
  map.set(key, known);
  if (known.some((one) => JSON.stringify(one) === JSON.stringify(value))) return;
  known.push(value);
  if (known.length > KEPT) known.splice(KEPT_FIRST, 1);
}
