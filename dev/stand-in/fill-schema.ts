import { nameFor } from "./names.ts";
import { hash, pick, sentencesOf } from "./text.ts";

/** A JSON Schema, as far as the stand-in reads it. */
export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
}

/** What an answer is made from: the named sections of the prompt, or the whole of it under one name. */
export type Texts = Record<string, string>;

const MAX_TEXT = 280;
const DEEPEST = 12;
const MOST_ITEMS = 3;

/**
 * An answer that fits a JSON Schema, made from the texts: a name is picked among the names on offer or made of the
 * telling words, an id is one that the texts hold, other texts are sentences of the prompt, numbers and choices go by
 * hash. The same request always gets the same answer.
 */
export function fillSchema(root: Schema, texts: Texts): unknown {
  const seed = JSON.stringify(texts);

  function fill(schema: Schema, path: string, depth: number): unknown {
    const number = hash(`${seed} ${path}`);
    if (depth > DEEPEST) return null;
    if (schema.$ref !== undefined) return fill(resolve(schema.$ref, root), path, depth + 1);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return schema.enum[number % schema.enum.length];
    const choices = (schema.anyOf ?? schema.oneOf)?.filter(({ type }) => type !== "null");
    if (choices !== undefined) return fill(pick(choices, `${number}`) ?? {}, path, depth + 1);
    switch (typeOf(schema)) {
      case "object":
        return Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([name, inner]) => [
            name,
            fill(inner, `${path}.${name}`, depth + 1),
          ]),
        );
      case "array": {
        const { minItems = 1, maxItems = MOST_ITEMS, items = {} } = schema;
        const length = Math.min(maxItems, Math.max(minItems, 1 + (number % MOST_ITEMS)));
        return Array.from({ length }, (_, i) => fill(items, `${path}.${i}`, depth + 1));
      }
      case "integer":
      case "number": {
        const { minimum = 0, maximum = minimum + 100 } = schema;
        return minimum + (number % (Math.floor(maximum - minimum) + 1));
      }
      case "boolean":
        return number % 2 === 1;
      case "null":
        return null;
      default:
        return textFor(path, texts, number)
          .slice(0, schema.maxLength ?? MAX_TEXT)
          .trim();
    }
  }

  return fill(root, "", 0);
}

function typeOf({ type, properties, items }: Schema): string {
  const named = Array.isArray(type) ? (type.find((one) => one !== "null") ?? "null") : type;
  return named ?? (properties ? "object" : items ? "array" : "string");
}

function resolve(reference: string, root: Schema): Schema {
  if (reference === "#") return root;
  const name = reference.split("/").at(-1) ?? "";
  return root.$defs?.[name] ?? root.definitions?.[name] ?? {};
}

const NAME = /(?:topic|category|cluster|label|intent|name|tag)s?(?:\.\d+)?$/i;
const ID = /(?:id|number|code|reference)s?(?:\.\d+)?$/i;

function textFor(path: string, texts: Texts, number: number): string {
  if (NAME.test(path)) {
    const about = /category/i.test(path) ? texts.failure_explanation : texts.customer_message;
    const offered = texts[/category/i.test(path) ? "known_failure_categories" : "known_topics"] ?? "";
    const names = offered.split("\n").map((line) => line.replace(/^[-*\s]+/, "").trim());
    return nameFor(about ?? Object.values(texts)[0] ?? "", names.filter(Boolean));
  }
  const all = Object.values(texts);
  const id = ID.test(path) ? all.join("\n").match(/\S*\d[\p{L}\p{N}-]*/u)?.[0] : undefined;
  const sentences = all.flatMap(sentencesOf);
  return id ?? sentences[number % Math.max(1, sentences.length)] ?? "nothing given";
}
