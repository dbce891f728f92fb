import fc from "fast-check";
import { KEY } from "../lib/on-workerd.ts";

type Headers = [string, string][];

/** What can be said in a header of each name. */
const ODD: Record<string, string[]> = {
  range: ["bytes=0-0", "bytes=5-2", "bytes=-5", "bytes=0-,5-6", "bytes=99999999-", "bytes=-0", "lines=1-2", "x", ""],
  "if-match": ["*", '"x"', 'W/"x"', "x", '"a", "b"', ""],
  "if-none-match": ["*", '"x"', 'W/"x"', "x", '"', ","],
  "if-modified-since": ["Tue, 24 Nov 2026 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "yesterday", "0"],
  "if-unmodified-since": ["Tue, 24 Nov 2099 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "x", "-1"],
  "if-range": ['"x"', "Tue, 24 Nov 2026 00:00:00 GMT"],
  accept: ["text/html", "application/json", "*/*", "image/png", "", "text/html;q=0", "x", "text/event-stream"],
  "accept-encoding": ["gzip", "br", "identity", "*;q=0", "gzip;q=0", "gzip, gzip;q=x", "", "deflate, zstd"],
  "accept-language": ["de", "*", "xx-\u00ff"],
  origin: ["https://evil.example", "null", "", "http://127.0.0.1", "not a url"],
  "sec-fetch-site": ["cross-site", "none", "x"],
  "x-request-id": ["abc", "x".repeat(300), "\u00e9\u00ff", '"<b>', "a b", ""],
  "idempotency-key": ["a", ""],
  "content-encoding": ["gzip", "br", "identity", "x"],
  "content-language": ["x"],
  "x-forwarded-for": ["::1, x", "127.0.0.1"],
  "x-forwarded-proto": ["https", "gopher"],
  "x-http-method-override": ["DELETE"],
  "openai-beta": ["x", "\u00ff"],
  "webhook-id": ["msg_1", "x".repeat(500)],
  "webhook-timestamp": ["0", "NaN", "99999999999999999999"],
  "webhook-signature": ["v1,", "v1,AAAA", "x"],
  prefer: ["return=minimal"],
  expect: ["x"],
  te: ["trailers"],
  referer: ["http://evil.example/", "%"],
  "user-agent": ["", "\u00ff".repeat(50)],
};

const oneOdd: fc.Arbitrary<[string, string]> = fc
  .constantFrom(...Object.keys(ODD))
  .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...(ODD[name] ?? [""]))));

/** Mostly none: each header that is not usual hides what the others would show. */
export const oddHeaders: fc.Arbitrary<Headers> = fc.oneof(
  { weight: 70, arbitrary: fc.constant<Headers>([]) },
  { weight: 25, arbitrary: oneOdd.map((one) => [one]) },
  { weight: 5, arbitrary: fc.uniqueArray(oneOdd, { minLength: 2, maxLength: 5, selector: ([name]) => name }) },
);

const bearer = (key: string): Headers => [["authorization", key]];

/** Keys that open nothing. */
const BAD_KEYS: Headers[] = [
  [],
  ...[
    "Bearer wrong",
    "Bearer",
    "Bearer ",
    "",
    "Basic eDp5",
    `bearer\t${KEY}`,
    `Bearer ${KEY}x`,
    `Bearer ${KEY}\u00ff`,
  ].map(bearer),
  ...["redraft_session=9999999999999.x", "redraft_session=", "=;=;;", "redraft_session=%zz", "\u00ff"].map(
    (cookie): Headers => [["cookie", cookie]],
  ),
];

/** Mostly the right key. @param session the cookie of a signed-in browser; @param origin of our own pages */
export function credentials(session: string, origin: string): fc.Arbitrary<Headers> {
  return fc.oneof(
    { weight: 86, arbitrary: fc.constant(bearer(`Bearer ${KEY}`)) },
    { weight: 8, arbitrary: fc.constant<Headers>([["cookie", session], ...browser(origin)]) },
    { weight: 1, arbitrary: fc.constant<Headers>([["cookie", session]]) },
    { weight: 5, arbitrary: fc.constantFrom(...BAD_KEYS) },
  );
}

/** As a browser asks for a page. */
export function browser(origin: string): Headers {
  return [
    ["accept", "text/html,*/*;q=0.8"],
    ["origin", origin],
    ["sec-fetch-site", "same-origin"],
  ];
}
