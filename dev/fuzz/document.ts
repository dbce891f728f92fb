import { type Schema, Validator } from "@cfworker/json-schema";

/** As much of an OpenAPI document as is read here. */
export interface Document {
  paths: Record<string, Record<string, OperationObject>>;
  components?: { schemas?: Record<string, Schema> };
}

interface OperationObject {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}

export interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}

/** One route of the document. */
export interface Operation extends OperationObject {
  /** `POST /v1/failures` */
  route: string;
  method: string;
  template: string;
}

export interface Api {
  operations: Operation[];
  /** The operation that a request meets. */
  find(method: string, path: string): Operation | undefined;
  /** Follows a schema's reference, if it is one. */
  resolve(schema: Schema): Schema;
  /** What is wrong with a value, in words; null when nothing is. */
  faultOf(schema: Schema, value: unknown): string | null;
}

/** Makes an OpenAPI document searchable. */
export function readDocument(document: Document): Api {
  const operations = Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, one]) => {
      const name = method.toUpperCase();
      return { ...one, method: name, template, route: `${name} ${template}`, matches: matcher(template) };
    }),
  );
  // Those with the fewest parameters first: `latest` and `credit` are no ids.
  operations.sort((a, b) => a.template.split("{").length - b.template.split("{").length);
  const validators = new Map<Schema, Validator>();
  const { components } = document;
  return {
    operations,
    find: (method, path) =>
      operations.find((one) => one.method === method && one.matches.test(path.split("?", 1)[0] ?? "")),
    resolve(schema) {
      const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? "")?.[1];
      return name === undefined ? schema : (components?.schemas?.[name] ?? {});
    },
    faultOf(schema, value) {
      const validator = validators.get(schema) ?? new Validator({ ...schema, components } as Schema, "2020-12", true);
      validators.set(schema, validator);
      const { valid, errors } = validator.validate(wellFormed(value));
      if (valid) return null;
      // The last one is the innermost.
      const { instanceLocation, error } = errors.at(-1) ?? { instanceLocation: "#", error: "does not fit" };
      return `${instanceLocation.slice(1) || "/"}: ${error}`;
    },
  };
}

/** A value whose names the validator can put into a URI: it fails on half a surrogate pair. */
function wellFormed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toWellFormed(), wellFormed(inner)]));
}

function matcher(template: string): RegExp {
  const parts = template.split(/\{[^}]+\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]+")}$`);
}
