import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { isRecord } from "./check-answer.ts";
import { anyJson, hostileText } from "./values.ts";

/** A body and what it is said to be; null: nothing is said. */
export interface Sent {
  body: Buffer | null;
  type: string | null;
  /** Other headers that belong to it. */
  headers?: [string, string][];
}

const JSON_TYPE = "application/json";
const NDJSON = "application/x-ndjson";
const FORM = "application/x-www-form-urlencoded";

/** Types that do not say what the body is, or say it oddly. */
const ODD_TYPES = [
  ...[null, "", "text/plain", "text/json", NDJSON, FORM, "multipart/form-data", "multipart/form-data; boundary=x"],
  ...["application/json; charset=utf-8", "application/json;charset=bogus", "application/json; charset=utf-16"],
  ...["APPLICATION/JSON", "application/vnd.api+json", "application/jsonx", "application/octet-stream", "*/*", ";"],
  ...["application/x-ndjson; charset=latin1", "APPLICATION/X-WWW-FORM-URLENCODED; charset=bogus", "a/b, text/plain"],
];

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value) ?? "");

/** A JSON value as a body: mostly as it should be, now and then broken on its way. */
export function jsonBodies(values: fc.Arbitrary<unknown>): fc.Arbitrary<Sent> {
  const plain = values.map((value): Sent => ({ body: json(value), type: JSON_TYPE }));
  return fc.oneof(
    { weight: 70, arbitrary: plain },
    { weight: 8, arbitrary: fc.tuple(values, oddType).map(([value, type]) => ({ body: json(value), type })) },
    { weight: 10, arbitrary: broken(values).map((body) => ({ body, type: JSON_TYPE })) },
    { weight: 4, arbitrary: values.map(gzipped) },
    { weight: 2, arbitrary: fc.tuple(values, oddType).map(([value, type]) => ({ ...asForm(value), type })) },
    { weight: 4, arbitrary: fc.oneof(values.map(asForm), values.map(asMultipart)) },
    { weight: 2, arbitrary: oddType.map((type) => ({ body: null, type })) },
    { weight: 1, arbitrary: fc.constant({ body: null, type: null }) },
  );
}

const oddType = fc.constantFrom(...ODD_TYPES);

/** A line of JSON each, with the lines among them that files have. */
export function ndjsonBodies(values: fc.Arbitrary<unknown>): fc.Arbitrary<Sent> {
  const line = fc.oneof(
    { weight: 8, arbitrary: values.map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: fc.constantFrom("", " ", "{", "null", "[]", "\ufeff{}", "{}\r", '{"a":1}{"b":2}') },
    { weight: 1, arbitrary: hostileText },
  );
  const ends = fc.constantFrom("\n", "\r\n", "\n\n", "\r");
  return fc
    .tuple(fc.array(line, { maxLength: 6 }), ends, fc.boolean(), fc.option(fc.nat(40), { freq: 6 }))
    .map(([lines, end, last, cut]) => {
      const whole = Buffer.from(lines.join(end) + (last ? end : ""));
      const type = cut === 7 ? `${NDJSON}; charset=utf-8` : NDJSON;
      return { body: cut === null ? whole : whole.subarray(0, -cut || undefined), type };
    });
}

/** A page's form as browsers send it, and as nobody does. */
export function formBodies(fields: fc.Arbitrary<[string, string][]>): fc.Arbitrary<Sent> {
  const record = fields.map((all) => Object.fromEntries(all));
  return fc.oneof(
    { weight: 30, arbitrary: fields.map((all) => ({ body: encoded(all), type: FORM })) },
    { weight: 8, arbitrary: fields.map((all) => multipart(all)) },
    { weight: 3, arbitrary: jsonBodies(record) },
    { weight: 2, arbitrary: fc.tuple(fields, oddType).map(([all, type]) => ({ body: encoded(all), type })) },
    { weight: 2, arbitrary: broken(record).map((body) => ({ body, type: FORM })) },
    { weight: 2, arbitrary: fc.tuple(fields, fc.nat(60)).map(([all, cut]) => cutOff(multipart(all), cut)) },
  );
}

function encoded(fields: [string, string][]): Buffer {
  return Buffer.from(urlEncoded(fields));
}

/** Fields as a query or a form has them. */
export function urlEncoded(fields: [string, string][]): string {
  const all = new URLSearchParams();
  for (const [name, value] of fields) all.append(name, value.toWellFormed());
  return all.toString();
}

function cutOff({ body, ...rest }: Sent, bytes: number): Sent {
  return { ...rest, body: body?.subarray(0, Math.max(0, body.byteLength - bytes)) ?? null };
}

function gzipped(value: unknown): Sent {
  return { body: gzipSync(json(value)), type: JSON_TYPE, headers: [["content-encoding", "gzip"]] };
}

function asForm(value: unknown): Sent {
  return { body: encoded(asFields(value)), type: FORM };
}

function asMultipart(value: unknown): Sent {
  return multipart(asFields(value));
}

function asFields(value: unknown): [string, string][] {
  const fields = isRecord(value) ? Object.entries(value) : [["value", value] as [string, unknown]];
  return fields.map(([name, one]) => [name, typeof one === "string" ? one : (JSON.stringify(one) ?? "")]);
}

const BOUNDARY = "----fuzz";

/** @returns the fields as parts, the last one as a file */
function multipart(fields: [string, string][]): Sent {
  const parts = fields.map(([name, value], i) => {
    const file = i === fields.length - 1 ? '; filename="a.txt"\r\ncontent-type: text/plain' : "";
    return `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name.replace(/["\r\n]/g, "_")}"${file}\r\n\r\n${value}\r\n`;
  });
  const body = Buffer.from(`${parts.join("")}--${BOUNDARY}--\r\n`);
  return { body, type: `multipart/form-data; boundary=${BOUNDARY}` };
}

/** Bodies that are not what they should be. */
function broken(values: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> {
  const text = values.map((value) => JSON.stringify(value) ?? "null");
  const cut = fc.tuple(text, fc.double({ min: 0, max: 1, noNaN: true }));
  return fc.oneof(
    cut.map(([whole, share]) => Buffer.from(whole.slice(0, Math.floor(whole.length * share)))),
    text.map((whole) => Buffer.from(`\ufeff${whole}`)),
    text.map((whole) => Buffer.from(whole, "utf16le")),
    text.map((whole) => Buffer.from(`${whole}${whole}`)),
    text.map((whole) => Buffer.from(whole.replace(/^\{(.+)\}$/s, "{$1,$1}"))),
    text.map((whole) => Buffer.from(whole.replace(/^\{/, '{"__proto__":{"x":1},'))),
    text.map((whole) => Buffer.from(whole.replace(/"([^"]*)"\s*:\s*"[^"]*"/, '"$1":"\\ud800"'))),
    text.map((whole) => Buffer.from(whole.replace(/:\s*(?:"[^"]*"|\d+)/, ":1e400"))),
    text.map((whole) => Buffer.from(whole.replace(/:\s*(?:"[^"]*"|\d+)/, ":NaN"))),
    text.map((whole) => Buffer.from(whole.replace(/"(\}?)$/, '\xff\xfe"$1'), "latin1")),
    fc.constantFrom(20_000, 200_000).map((depth) => Buffer.from("[".repeat(depth))),
    fc
      .constantFrom(500, 3_000, 50_000)
      .map((depth) => Buffer.from(`{"metadata":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`)),
    anyJson.map(json),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(Buffer.alloc(0)),
  );
}

/** More than any call takes: 4 MiB and some. */
export const tooLarge: fc.Arbitrary<Sent> = fc
  .constantFrom(JSON_TYPE, FORM, "text/plain")
  .map((type) => ({ body: Buffer.alloc(4 * 1024 * 1024 + 100, "x"), type }));
