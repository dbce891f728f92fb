import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppContext, AppEnv } from "./app-env.ts";
import { renderPage } from "./render-page.tsx";

type OpenApi = ReturnType<OpenAPIHono<AppEnv>["getOpenAPI31Document"]>;
type Schema = NonNullable<NonNullable<OpenApi["components"]>["schemas"]>[string];
type Operation = NonNullable<NonNullable<OpenApi["paths"]>[string]["get"]>;

const METHODS = ["get", "post", "put", "delete"] as const;

/** The reference: every call of the OpenAPI document, on one page that needs no script and no other host. */
export function docsPage(c: AppContext, document: OpenApi) {
  const calls = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item[method] ? [{ method, path, operation: item[method] as Operation }] : [])),
  );
  return renderPage(
    c,
    "API",
    <article class="docs">
      <h1>API</h1>
      <p>
        Calls take <code>Authorization: Bearer &lt;key&gt;</code>, a key with the scope that each names. The
        machine-readable form is <a href="/openapi.json">/openapi.json</a>.
      </p>
      <ul class="toc">
        {calls.map(({ method, path, operation }) => (
          <li>
            <a href={`#${anchor(method, path)}`}>
              <code>{`${method.toUpperCase()} ${path}`}</code>
            </a>{" "}
            {operation.summary}
          </li>
        ))}
      </ul>
      {calls.map((call) => (
        <Call {...call} document={document} />
      ))}
    </article>,
  );
}

function Call({
  method,
  path,
  operation,
  document,
}: {
  method: string;
  path: string;
  operation: Operation;
  document: OpenApi;
}) {
  return (
    <section id={anchor(method, path)}>
      <h2>
        <code>{`${method.toUpperCase()} ${path}`}</code>
      </h2>
      <p>{operation.summary}</p>
      {operation.description && <p>{operation.description}</p>}
      <p class="hint">{needed(operation)}</p>
      <Parameters operation={operation} document={document} />
      {Object.entries(bodyContent(operation)).map(([type, { schema }]) => (
        <Fields title={`Body, ${type}`} schema={schema as Schema | undefined} document={document} />
      ))}
      {Object.entries(operation.responses ?? {}).map(([status, response]) => (
        <details>
          <summary>{`${status} ${response.description}`}</summary>
          {Object.entries((response.content ?? {}) as Record<string, { schema?: Schema }>).map(([type, { schema }]) => (
            <Fields title={type} schema={schema} document={document} />
          ))}
        </details>
      ))}
    </section>
  );
}

/** What a call asks of its key, from its `security`. */
function needed({ security = [] }: Operation): string {
  const [required] = security;
  if (required === undefined) return "Needs no key.";
  const scopes = Object.values(required).flat();
  return scopes.length === 0 ? "Any key." : `A key with the scope ${scopes.join(", ")}.`;
}

function bodyContent(operation: Operation): Record<string, { schema?: unknown }> {
  const body = operation.requestBody;
  return body !== undefined && "content" in body ? body.content : {};
}

function Parameters({ operation, document }: { operation: Operation; document: OpenApi }) {
  const parameters = (operation.parameters ?? []).filter((parameter) => "name" in parameter);
  if (parameters.length === 0) return null;
  return (
    <table class="fields">
      <caption>Parameters</caption>
      <tbody>
        {parameters.map((parameter) => (
          <tr>
            <th scope="row">
              <code>{parameter.name}</code>
            </th>
            <td>{typeName(parameter.schema as Schema | undefined, document)}</td>
            <td>{describe(parameter.schema as Schema | undefined, parameter.required === true)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Fields({ title, schema, document }: { title: string; schema: Schema | undefined; document: OpenApi }) {
  const resolved = resolve(schema, document);
  const alternatives = resolved?.anyOf ?? resolved?.oneOf;
  if (alternatives !== undefined) {
    return alternatives.map((one, i) => (
      <Fields title={`${title} (${i + 1})`} schema={one as Schema} document={document} />
    ));
  }
  const properties = Object.entries((resolved?.properties ?? {}) as Record<string, Schema>);
  if (properties.length === 0) return <p class="hint">{`${title}: ${typeName(schema, document)}`}</p>;
  return (
    <table class="fields">
      <caption>{title}</caption>
      <tbody>
        {properties.map(([name, property]) => (
          <tr>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td>{typeName(property, document)}</td>
            <td>{describe(property, resolved?.required?.includes(name) === true)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function resolve(schema: Schema | undefined, document: OpenApi): Exclude<Schema, { $ref: string }> | undefined {
  if (schema === undefined || !("$ref" in schema) || schema.$ref === undefined)
    return schema as Exclude<Schema, { $ref: string }>;
  const name = schema.$ref.split("/").at(-1) ?? "";
  return document.components?.schemas?.[name] as Exclude<Schema, { $ref: string }> | undefined;
}

/** A type in a word or two: `string`, `integer | null`, `Failure[]`. */
function typeName(schema: Schema | undefined, document: OpenApi): string {
  if (schema === undefined) return "any";
  if ("$ref" in schema && schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "";
  const resolved = resolve(schema, document);
  if (resolved?.enum !== undefined) return resolved.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (resolved?.anyOf !== undefined) return resolved.anyOf.map((one) => typeName(one as Schema, document)).join(" | ");
  const types = [resolved?.type ?? "any"].flat();
  return types
    .map((type) => (type === "array" ? `${typeName(resolved?.items as Schema, document)}[]` : type))
    .join(" | ");
}

function describe(schema: Schema | undefined, required: boolean): string {
  const known = schema !== undefined && !("$ref" in schema) ? schema : undefined;
  return [
    required ? "Required." : "",
    known?.description ?? "",
    known?.default !== undefined ? `Default: ${JSON.stringify(known.default)}.` : "",
    known?.example !== undefined ? `Example: ${JSON.stringify(known.example)}` : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function anchor(method: string, path: string): string {
  return `${method}${path}`.replace(/[^a-z0-9]+/gi, "-");
}
