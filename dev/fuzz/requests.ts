import type { Schema } from "@cfworker/json-schema";
import fc from "fast-check";
import { jsonBodies, ndjsonBodies, type Sent, tooLarge } from "./bodies.ts";
import type { Operation } from "./document.ts";
import { signed } from "./fill.ts";
import { fromSchema, parameterText, type Source, type Wrongness } from "./from-schema.ts";
import { byForm, toPage } from "./page-requests.ts";
import { encode, NOTHING, requestOf, type Target } from "./parts.ts";
import { recordOf } from "./pool.ts";
import type { FuzzRequest } from "./request.ts";
import { hostileText, plainText } from "./values.ts";

const WRONGNESS: fc.WeightedArbitrary<Wrongness>[] = [
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.constant(5) },
  { weight: 1, arbitrary: fc.constant(20) },
];

/** Any request: to a route of the document, to a page or by a form that was seen, or to nothing that is there. */
export function anyRequest(target: Target): fc.Arbitrary<FuzzRequest> {
  const { api, pool, only } = target;
  const operations = api.operations.filter(({ template }) => template.includes(only));
  const forms = [...pool.forms.values()].filter(([form]) => form?.action.includes(only));
  const links = [...pool.links.values()].filter(([link]) => link?.includes(only));
  const kinds: fc.WeightedArbitrary<FuzzRequest>[] = [];
  if (operations.length > 0) {
    const weighted = operations.map((one) => ({ weight: weightOf(one), arbitrary: toOperation(target, one) }));
    kinds.push({ weight: 75, arbitrary: fc.oneof(...weighted) });
    const any = fc.oneof(...weighted.map(({ arbitrary }) => arbitrary));
    kinds.push({ weight: 4, arbitrary: fc.tuple(any, oddMethod).map(([one, method]) => withMethod(one, method)) });
  }
  if (forms.length > 0) kinds.push({ weight: 10, arbitrary: choice(forms).chain((form) => byForm(target, form)) });
  if (links.length > 0) kinds.push({ weight: 9, arbitrary: choice(links).chain((link) => toPage(target, link)) });
  if (only === "") kinds.push({ weight: 2, arbitrary: toNothing(target) });
  return fc.oneof(...kinds);
}

/** A kind first, then one of it, so that what there is much of is not all that is tried. */
function choice<T>(kinds: T[][]): fc.Arbitrary<T> {
  return fc.constantFrom(...kinds).chain((kind) => fc.constantFrom(...kind));
}

/** What takes away, or keeps the machine busy, comes less often: the others need something to find. */
function weightOf({ method, route }: Operation): number {
  return method === "DELETE" || /\/(train|controls|rebuild|merge)$|^POST .*\/correction-runs$/.test(route) ? 2 : 8;
}

const oddMethod = fc.constantFrom("HEAD", "OPTIONS", "PATCH", "PUT", "DELETE", "POST", "GET", "PROPFIND", "PURGE");

function withMethod(request: FuzzRequest, method: string): FuzzRequest {
  const body = method === "GET" || method === "HEAD" ? null : request.body;
  return { ...request, method, body, route: `${method} (odd) ${request.route.split(" ")[1]}` };
}

function toOperation(target: Target, operation: Operation): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(...WRONGNESS).chain((wrongness) => {
    const source: Source = { ...target, wrongness };
    const what = { method: operation.method, route: operation.route };
    return pathOf(source, operation).chain((path) => {
      const about = target.pool.records.get(recordOf(path));
      return requestOf(target, what, fc.constant(path), bodyOf({ ...source, about }, operation));
    });
  });
}

function pathOf(source: Source, { template, parameters = [] }: Operation): fc.Arbitrary<string> {
  const inPath = parameters.filter((one) => one.in === "path");
  const inQuery = parameters.filter((one) => one.in === "query");
  const textFor = ({ name, schema }: { name: string; schema: Schema }) => parameterText(source, schema, name, template);
  const filled = fc
    .tuple(...inPath.map(textFor))
    .map((values) =>
      inPath.reduce((path, { name }, i) => path.replace(`{${name}}`, () => encode(values[i] || "x")), template),
    );
  const pairs = inQuery.map((one) =>
    fc.option(
      textFor(one).map((value) => [one.name, value] as const),
      { freq: 1 },
    ),
  );
  const extra = fc.tuple(hostileText, hostileText);
  const odd = fc.array(extra, { maxLength: source.wrongness > 5 ? 2 : 0 });
  return fc.tuple(filled, fc.tuple(...pairs), odd).map(([path, given, more]) => {
    const query = [...given, ...more].flatMap((pair) => (pair === null ? [] : `${encode(pair[0])}=${encode(pair[1])}`));
    return query.length === 0 ? path : `${path}?${query.join("&")}`;
  });
}

function bodyOf(source: Source, { route, method, requestBody }: Operation): fc.Arbitrary<Sent> {
  const schema = requestBody?.content["application/json"]?.schema;
  if (schema === undefined) {
    const some = jsonBodies(plainText);
    return method === "GET" ? NOTHING : fc.oneof({ weight: 12, arbitrary: NOTHING }, { weight: 1, arbitrary: some });
  }
  const isChat = route.endsWith("/chat/completions");
  const values = isChat ? fc.oneof(chatRequest, fromSchema(source, schema)) : fromSchema(source, schema);
  const kinds = [{ weight: 200, arbitrary: jsonBodies(values) }];
  if (source.wrongness > 0) kinds.push({ weight: 1, arbitrary: tooLarge });
  if (requestBody?.content["application/x-ndjson"] !== undefined)
    kinds.push({ weight: 100, arbitrary: ndjsonBodies(values) });
  const bodies = fc.oneof(...kinds);
  return route.endsWith("/webhook") ? bodies.map(withSignature) : bodies;
}

function withSignature(sent: Sent): Sent {
  return { ...sent, headers: [...(sent.headers ?? []), ...Object.entries(signed(sent.body ?? ""))] };
}

const chatRequest = fc.record(
  {
    model: fc.constantFrom("redraft", "stand-in", "", 5),
    messages: fc.array(
      fc.record({
        role: fc.constantFrom("user", "system", "assistant", "tool", "developer", 1),
        content: fc.oneof(plainText, hostileText, fc.constantFrom(null, [], [{ type: "text", text: "Hi" }])),
      }),
      { maxLength: 4 },
    ),
    stream: fc.constantFrom(true, false, null, "x"),
    temperature: fc.constantFrom(0, 1, "x"),
    n: fc.constantFrom(0, 1, 2),
  },
  { requiredKeys: ["model", "messages"] },
);

function toNothing(target: Target): fc.Arbitrary<FuzzRequest> {
  const path = fc.oneof(
    fc.constantFrom(
      "//",
      "/v1",
      "/v1/",
      "/v2/failures",
      "/%",
      "/%00",
      "/v1/failures/",
      "/v1//failures",
      "/.env",
      "/?%",
    ),
    hostileText.map((text) => `/${encode(text)}`),
    hostileText.map((text) => `/v1/${encode(text)}`),
  );
  return fc
    .constantFrom("GET", "POST", "HEAD", "OPTIONS", "DELETE")
    .chain((method) => requestOf(target, { method, route: "(nothing there)" }, path, NOTHING));
}
