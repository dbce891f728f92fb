import type { Schema } from "@cfworker/json-schema";
import fc from "fast-check";
import type { Api } from "./document.ts";
import { type Pool, resourceOf } from "./pool.ts";
import { anyJson, hostileNumber, hostileText, plainText } from "./values.ts";

/** How often a value is not what its schema asks for, of 100. */
export type Wrongness = 0 | 5 | 20;

/** What values are made with. */
export interface Source {
  api: Api;
  pool: Pool;
  wrongness: Wrongness;
  /** Numbers of what the request is about. */
  about?: Record<string, number> | undefined;
}

/** Values for a schema, and now and then deliberately wrong ones. @param name of the field, which may say more */
export function fromSchema(source: Source, given: Schema, name = ""): fc.Arbitrary<unknown> {
  const right = rightValue(source, source.api.resolve(given), name);
  const { wrongness } = source;
  if (wrongness === 0) return right;
  return fc.oneof({ weight: 100 - wrongness, arbitrary: right }, { weight: wrongness, arbitrary: anyJson });
}

function rightValue(source: Source, schema: Schema, name: string): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice: Schema) => fromSchema(source, choice, name)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const types = [schema.type ?? "any"].flat();
  return fc.oneof(...types.map((type) => ofType(source, schema, type, name)));
}

function ofType(source: Source, schema: Schema, type: string, name: string): fc.Arbitrary<unknown> {
  switch (type) {
    case "string":
      return textValue(source, schema, name);
    case "integer":
      return wholeValue(source, schema, name);
    case "number":
      return fc.double({ ...boundsOf(schema), noNaN: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(fromSchema(source, itemsOf(schema), name), { maxLength: Math.min(schema.maxItems ?? 4, 4) });
    case "object":
      return objectValue(source, schema);
    default:
      return anyJson;
  }
}

function itemsOf({ items }: Schema): Schema {
  return (items ?? {}) as Schema;
}

function boundsOf({ minimum, maximum }: Schema): { min: number; max: number } {
  const min = minimum ?? Math.min(-1_000, maximum ?? 0);
  return { min, max: maximum ?? Math.max(1_000, min) };
}

function wholeValue({ pool, about }: Source, schema: Schema, name: string): fc.Arbitrary<number> {
  const { min, max } = boundsOf(schema);
  const known = (pool.values.get(name) ?? []).filter((value) => typeof value === "number");
  // `version` may be what the answer calls `guidance_version`.
  const [, current] = Object.entries(about ?? {}).find(([known]) => known === name || known.endsWith(`_${name}`)) ?? [];
  if (current !== undefined && current >= min && current <= max)
    return fc.oneof(
      { weight: 9, arbitrary: fc.constant(current) },
      { weight: 1, arbitrary: fc.integer({ min: Math.ceil(min), max: Math.floor(max) }) },
    );
  // Small ones are the ones in use: versions, counts.
  const least = Math.min(Math.ceil(Math.max(min, 0)), Math.floor(max));
  const small = fc.integer({ min: least, max: Math.min(Math.floor(max), least + 5) });
  const any = fc.integer({ min: Math.ceil(min), max: Math.floor(max) });
  return fc.oneof(fc.constant(least), small, any, ...(known.length > 0 ? [fc.constantFrom(...known)] : []));
}

function textValue({ pool, wrongness }: Source, { format, pattern, maxLength = 200 }: Schema, name: string) {
  const options: fc.WeightedArbitrary<string>[] = [];
  const known = knownFor(pool, name);
  if (known.length > 0) options.push({ weight: 8, arbitrary: fc.constantFrom(...known) });
  if (format === "uuid") options.push({ weight: 1, arbitrary: fc.uuid() });
  else if (format === "date-time") options.push({ weight: 4, arbitrary: timeText });
  else if (pattern !== undefined) options.push({ weight: 4, arbitrary: fc.stringMatching(new RegExp(pattern)) });
  else {
    options.push({ weight: 8, arbitrary: plainText.map((text) => text.slice(0, maxLength)) });
    if (/url$/.test(name)) options.push({ weight: 20, arbitrary: fc.webUrl({ validSchemes: ["https"] }) });
    if (wrongness > 0) options.push({ weight: 1, arbitrary: fc.constant("é".repeat(maxLength)) });
    if (wrongness > 0) options.push({ weight: 3, arbitrary: hostileText });
  }
  return fc.oneof(...options);
}

/** What earlier answers gave for a field: `fine_tune_id` is an id of `fine-tunes`, `into` and `topics` are topics. */
export function knownFor(pool: Pool, name: string, path = ""): string[] {
  const resource = /^(.+)_ids?$/.exec(name)?.[1]?.replaceAll("_", "-");
  const keys = [name, resource && `${resource}s`, ALIASES[name], name === "id" ? resourceOf(path) : undefined];
  if (path !== "" && name === "id") keys.shift();
  return keys.flatMap((key) => (key === undefined ? [] : (pool.values.get(key) ?? []))).map(String);
}

const ALIASES: Record<string, string | undefined> = { cursor: "next_cursor", into: "topic", base_model: "model" };

const timeText = fc.oneof(
  fc
    .date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom("2026-01-31T12:00:00+14:00", "1970-01-01T00:00:00Z", "2024-02-29T23:59:59.999999999Z"),
);

function objectValue(source: Source, schema: Schema): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const fields = Object.fromEntries(properties.map(([name, inner]) => [name, fromSchema(source, inner, name)]));
  const requiredKeys = (schema.required ?? []).filter((name: string) => name in fields);
  const right = fc.record(fields, { requiredKeys });
  const others = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
  const other = others === undefined ? anyJson : fromSchema(source, others);
  const extra = fc.dictionary(fc.oneof(plainText, hostileText), other, { maxKeys: 3 });
  const open = properties.length === 0 || others !== undefined;
  if (open) return fc.tuple(right, extra).map(([known, more]) => ({ ...more, ...known }));
  if (source.wrongness === 0) return right;
  const less = fc.record(fields, { requiredKeys: [] });
  return fc.oneof(
    { weight: 90, arbitrary: right },
    { weight: 5, arbitrary: less },
    { weight: 5, arbitrary: fc.tuple(right, extra).map(([known, more]) => ({ ...known, ...more })) },
  );
}

/** A value for a parameter in a path or a query, as text. */
export function parameterText(source: Source, schema: Schema, name: string, path: string): fc.Arbitrary<string> {
  const known = knownFor(source.pool, name, path);
  const asked = fromSchema(source, schema, name).map((value) =>
    typeof value === "string" ? value : (JSON.stringify(value) ?? ""),
  );
  const options: fc.WeightedArbitrary<string>[] = [{ weight: 3, arbitrary: asked }];
  if (known.length > 0) options.push({ weight: 20, arbitrary: fc.constantFrom(...known) });
  if (source.wrongness > 0) options.push({ weight: 1, arbitrary: fc.oneof(hostileText, hostileNumber.map(String)) });
  return fc.oneof(...options);
}
