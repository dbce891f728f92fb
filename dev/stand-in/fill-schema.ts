import { hash } from "./text.ts";

/** A JSON Schema, as far as the stand-in reads it. */
export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  pattern?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
}

/** What an answer is made from: the named sections of the prompt, or the whole of it under one name. */
export type Texts = Record<string, string>;

const MAX_TEXT = 280;
const DEEPEST = 12;

/**
 * An answer that fits a JSON Schema, made from the texts: a name is picked among the names on offer or made of the
 * telling words, other texts are sentences of the prompt, numbers and choices go by hash. The same request always
 * gets the same answer.
 */
export function fillSchema(schema: Schema, texts: Texts): unknown {
  const seed = hash(JSON.stringify(texts));
  return fill(schema, "", { root: schema, texts, seed: String(seed) }, 0);
}

interface Filling {
  root: Schema;
  texts: Texts;
  seed: string;
}

function fill(schema: Schema, path: string, filling: Filling, depth: number): unknown {
  if (depth > DEEPEST) return null;
  const number = hash(`${filling.seed} ${path}`);
  if (schema.$ref !== undefined) return fill(resolve(schema.$ref, filling.root), path, filling, depth + 1);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum && schema.enum.length > 0) return schema.enum[number % schema.enum.length];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) {
    const filled = choices.filter(({ type }) => type !== "null");
    return fill(filled[number % filled.length] ?? {}, path, filling, depth + 1);
  }
  if (schema.allOf)
    return fill(Object.assign({}, schema, ...schema.allOf, { allOf: undefined }), path, filling, depth + 1);
  const type = Array.isArray(schema.type) ? (schema.type.find((one) => one !== "null") ?? "null") : schema.type;
  switch (type ?? (schema.properties ? "object" : schema.items ? "array" : "string")) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, inner]) => [
          name,
          fill(inner, `${path}.${name}`, filling, depth + 1),
        ]),
      );
    case "array":
      return fillArray(schema, path, filling, depth, number);
    case "integer":
    case "number":
      return fillNumber(schema, number, type === "integer");
    case "boolean":
      return number % 2 === 1;
    case "null":
      return null;
    default:
      return fillText(schema, path, filling.texts, number);
  }
}

function resolve(reference: string, root: Schema): Schema {
  if (reference === "#") return root;
  const name = reference.split("/").at(-1) ?? "";
  return root.$defs?.[name] ?? root.definitions?.[name] ?? {};
}

function fillArray(schema: Schema, path: string, filling: Filling, depth: number, number: number): unknown[] {
  const least = schema.minItems ?? 1;
  const length = Math.min(schema.maxItems ?? Number.POSITIVE_INFINITY, Math.max(least, 1 + (number % 3)));
  const items = Array.from({ length }, (_, i) => fill(schema.items ?? {}, `${path}.${i}`, filling, depth + 1));
  // A list that says the same twice says it once, as far as the schema lets it.
  const distinct = items.filter(
    (item, i) => items.findIndex((other) => JSON.stringify(other) === JSON.stringify(item)) === i,
  );
  return distinct.length >= least ? distinct : items;
}

function fillNumber(schema: Schema, number: number, whole: boolean): number {
  const low =
    schema.minimum ?? (schema.exclusiveMinimum === undefined ? 0 : schema.exclusiveMinimum + (whole ? 1 : 1e-6));
  const high =
    schema.maximum ??
    (schema.exclusiveMaximum === undefined ? low + 100 : schema.exclusiveMaximum - (whole ? 1 : 1e-6));
  const value = low + ((number % 1001) / 1000) * (Math.min(high, low + 1e6) - low);
  return whole ? Math.round(value) : Math.round(value * 1e6) / 1e6;
}

const NAME = /(?:topic|category|cluster|slug|label|intent|name|tag)s?(?:\.\d+)?$/i;
const LESSON = /(?:lesson|guidance|advice|rule|hint)s?(?:\.\d+)?(?:\.text)?$/i;

function fillText(schema: Schema, path: string, texts: Texts, number: number): string {
  const text = NAME.test(path)
    ? nameFor(texts)
    : LESSON.test(path)
      ? lessonFor(texts, number)
      : sentenceOf(texts, number);
  const cut = text.slice(0, Math.min(MAX_TEXT, schema.maxLength ?? MAX_TEXT)).trim();
  return cut.padEnd(schema.minLength ?? 0, ".");
}

/** The section that says what the answer is about: the customer's words before the replies, these before the rest. */
function subjectOf(texts: Texts): string {
  const known = ["customer_message", "original_prompt", "message", "prompt", "failure_explanation", "agent_reply"];
  for (const name of known) if (texts[name]) return texts[name];
  return Object.values(texts)[0] ?? "";
}

/** One of the names on offer, where one fits the subject; else a new one of its two most telling words. */
function nameFor(texts: Texts): string {
  const words = tellingWords(subjectOf(texts));
  const offered = Object.entries(texts)
    .filter(([name]) => /(?:topics|categories|clusters|labels|names|intents)$/.test(name))
    .flatMap(([, list]) => list.split("\n"))
    .map((line) =>
      line
        .replace(/^[-*\d.)\s"]+/, "")
        .replace(/["(:].*$/, "")
        .trim(),
    )
    .filter((name) => name !== "" && name.length <= 100);
  const stems = new Set(words.map(({ stem }) => stem));
  let best = { name: "", hits: 0 };
  for (const name of offered) {
    const own = tellingWords(name.replace(/_/g, " "));
    const hits = own.filter(({ stem }) => stems.has(stem)).length / Math.max(1, own.length);
    if (hits > best.hits) best = { name, hits };
  }
  if (best.hits >= 0.5) return best.name;
  const slug = words.slice(0, 2).map(({ word }) => word);
  return slug.length > 0 ? slug.join("_") : "other";
}

/** What support is asked about: such a word names a topic better than the longer one beside it. */
const SUBJECTS =
  /^(?:account|address|app|balance|bill(?:ing)?|booking|cancel\w*|card|charge\w*|coupon|damag\w*|data|deliver\w*|discount|download|email|exchange|export|fee|fees|identity|import|insurance|invoice|limit|login|order|package|parcel|passcode|password|payment|pin|plan|price|receipt|refund\w*|reset|return\w*|seat|ship\w*|statement|subscription|tax|top|tracking|transfer|upgrade|verif\w*|visa|voucher|warranty)$/;

const NOT_TELLING = new Set(
  "about after again against already also always another anything because been before being between cannot could does doing down each even every first from have having here into just know like made make many more most much need never only other over please really same should some still such than that thanks their them then there these they thing this those though through told tried trying until used using very want wanted were what when where which while will with without would your yours mine hello hey month week weeks days today yesterday tomorrow time times says said shows getting going keep keeps come came gone went look looks find found help hours minutes".split(
    " ",
  ),
);

function tellingWords(text: string): { word: string; stem: string }[] {
  const seen = new Map<string, { word: string; stem: string; weight: number }>();
  for (const word of text.toLowerCase().match(/\p{L}{3,}/gu) ?? []) {
    const stem = word.replace(/(?:ing|ed|s)$/u, "");
    if (NOT_TELLING.has(word) || (word.length < 4 && !SUBJECTS.test(word))) continue;
    const weight = (SUBJECTS.test(word) ? 20 : 0) + Math.min(12, word.length) + (seen.get(stem)?.weight ?? 0) / 4;
    seen.set(stem, { word, stem, weight });
  }
  return [...seen.values()].sort((a, b) => b.weight - a.weight || (a.word < b.word ? -1 : 1));
}

/** A lesson as plain as the explanation it is made of. */
function lessonFor(texts: Texts, number: number): string {
  const explained = Object.entries(texts)
    .filter(([name]) => /explanation|failure|reason/.test(name))
    .flatMap(([, text]) => sentences(text));
  const explanation = explained[number % Math.max(1, explained.length)];
  if (explanation === undefined) return `Answer this: ${sentenceOf(texts, number)}`;
  return `Do not fail as before: ${explanation.charAt(0).toLowerCase()}${explanation.slice(1)}`;
}

function sentenceOf(texts: Texts, number: number): string {
  const all = Object.values(texts).flatMap(sentences);
  return all[number % Math.max(1, all.length)] ?? "nothing given";
}

function sentences(text: string): string[] {
  return text
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.replace(/^[-*•\s]+/, "").trim())
    .filter((sentence) => sentence.length > 2);
}
