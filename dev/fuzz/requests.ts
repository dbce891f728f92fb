import type { Schema } from "@cfworker/json-schema";
import fc from "fast-check";
import { formBodies, jsonBodies, ndjsonBodies, type Sent, tooLarge, urlEncoded } from "./bodies.ts";
import type { Api, Operation } from "./document.ts";
import { signed } from "./fill.ts";
import { fromSchema, parameterText, type Source, type Wrongness } from "./from-schema.ts";
import { browser, credentials, oddHeaders } from "./headers.ts";
import { type Form, shapeOf } from "./pages.ts";
import { type Pool, recordOf } from "./pool.ts";
import type { FuzzRequest } from "./request.ts";
import { hostileText, plainText } from "./values.ts";

export interface Target {
  api: Api;
  pool: Pool;
  /** Of our own pages. */
  origin: string;
  /** The cookie of a signed-in browser. */
  session: string;
  /** Only paths that contain this. */
  only: string;
}

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
      return request(target, what, fc.constant(path), bodyOf({ ...source, about }, operation));
    });
  });
}

/** A request of these parts, with some key and some headers. */
function request(
  { session, origin }: Pick<Target, "session" | "origin">,
  what: { method: string; route: string },
  path: fc.Arbitrary<string>,
  sent: fc.Arbitrary<Sent>,
  headers: fc.Arbitrary<[string, string][]> = credentials(session, origin),
): fc.Arbitrary<FuzzRequest> {
  const chunked = fc.integer({ min: 1, max: 20 }).map((one) => one === 1);
  return fc
    .tuple(path, sent, headers, oddHeaders, chunked)
    .map(([where, { body, type, headers: own = [] }, key, odd, isChunked]) => {
      const all = new Map([...key, ...(type === null ? [] : [["content-type", type] as const]), ...own, ...odd]);
      return { ...what, path: where, headers: [...all], body, chunked: isChunked && body !== null };
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

/** The runtime itself refuses longer addresses, before the Worker sees them. */
const MOST_IN_URL = 1_000;

/** Most of a URL's text is encoded; what looks encoded already stays, because `%zz` is worth asking for. */
function encode(text: string): string {
  if (/^%[0-9z]{0,2}$/i.test(text)) return text;
  return encodeURIComponent(text.slice(0, MOST_IN_URL).toWellFormed()).replace(/^\.\.?$/, (dots) =>
    dots.replaceAll(".", "%2e"),
  );
}

const NOTHING: fc.Arbitrary<Sent> = fc.constant({ body: null, type: null });

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

function byForm(target: Target, form: Form): fc.Arbitrary<FuzzRequest> {
  const what = { method: form.method, route: `${form.method} (form) ${shapeOf(form.action)}` };
  const fields = fc.tuple(...form.fields.map(({ name, values }) => fieldOf(name, values))).map((all) => all.flat());
  const headers = fc.oneof(
    { weight: 9, arbitrary: fc.constant<[string, string][]>([["cookie", target.session], ...browser(target.origin)]) },
    { weight: 1, arbitrary: credentials(target.session, target.origin) },
  );
  if (form.method === "POST") return request(target, what, fc.constant(form.action), formBodies(fields), headers);
  const path = fields.map((all) => `${form.action.split("?")[0]}?${urlEncoded(all).slice(0, MOST_IN_URL)}`);
  return request(target, what, path, NOTHING, headers);
}

/** A field as it stands, changed, left out, or twice. */
function fieldOf(name: string, values: string[]): fc.Arbitrary<[string, string][]> {
  const offered = fc.constantFrom(...(values.length > 0 ? values : [""]));
  const one = (value: string): [string, string][] => [[name, value]];
  return fc.oneof(
    { weight: 20, arbitrary: offered.map(one) },
    { weight: 4, arbitrary: fc.oneof(plainText, hostileText).map(one) },
    { weight: 1, arbitrary: fc.constant<[string, string][]>([]) },
    { weight: 1, arbitrary: fc.tuple(offered, hostileText).map(([a, b]) => [...one(a), ...one(b)]) },
  );
}

function toPage(target: Target, link: string): fc.Arbitrary<FuzzRequest> {
  const what = { method: "GET", route: `GET (page) ${shapeOf(link)}` };
  const [path = "", query = ""] = link.split("?", 2);
  const names = [...new URLSearchParams(query).keys(), "cursor", "limit", "after", "next", "q"];
  const changed = fc.tuple(fc.constantFrom(...names), hostileText).map(([name, value]) => {
    const all = new URLSearchParams(query);
    all.set(name, value.toWellFormed());
    return `${path}?${all}`.slice(0, MOST_IN_URL);
  });
  const mangled = hostileText.map((text) => path.replace(/[^/]*$/, () => encode(text)));
  const where = fc.oneof(
    { weight: 5, arbitrary: fc.constant(link) },
    { weight: 3, arbitrary: changed },
    { weight: 1, arbitrary: mangled },
  );
  const headers = fc.oneof(
    { weight: 5, arbitrary: fc.constant<[string, string][]>([["cookie", target.session], ...browser(target.origin)]) },
    { weight: 2, arbitrary: credentials(target.session, target.origin) },
  );
  return request(target, what, where, NOTHING, headers);
}

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
    .chain((method) => request(target, { method, route: "(nothing there)" }, path, NOTHING));
}
