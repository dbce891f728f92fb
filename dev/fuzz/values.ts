import fc from "fast-check";
import { MARKUP } from "./check-answer.ts";

/** Texts that programs trip over. */
const HOSTILE = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "x\udfff y",
  "\ufeff",
  "\u202eabc",
  "e\u0301",
  "ﬁ",
  "🙂".repeat(30),
  "İ",
  "ß",
  "\r\n",
  "%",
  "%00",
  "%zz",
  "_%_%",
  "'; drop table failures; --",
  '"',
  "\\",
  "../../etc",
  "__proto__",
  "constructor",
  "null",
  "undefined",
  "NaN",
  "0",
  "-1",
  "1e400",
  "9007199254740993",
  "0x10",
  "true",
  "latest",
  "2026-02-30T00:00:00Z",
  "9999-12-31T23:59:60+23:59",
  "+010000-01-01T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "<|endoftext|>",
  "</textarea><script>alert(1)</script>",
  MARKUP,
  `"${MARKUP}`,
  "javascript:alert(1)",
  "https://user:pass@example.com/",
  "http://[::1",
  "{{7*7}}",
  "$" + "{7*7}",
  "AND OR NOT * NEAR(",
  "[".repeat(500),
] as const;

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(201, 501, 2_001, 50_001).map((length) => "x".repeat(length)) },
);

const WORDS =
  "where is my refund order card late the a not arrived please Grüße 你好 مرحبا $12.50 3 March kim@example.com";

/** What people write. */
export const plainText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...WORDS.split(" ")), { minLength: 1, maxLength: 12 })
  .map((words) => words.join(" "));

const NUMBERS = [0, -0, -1, 1, 0.5, 100, 101, 2 ** 31, 2 ** 53, -(2 ** 63), 1e21, 1e300, 5e-324];

export const hostileNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Any JSON, mostly of a type that nobody asked for. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [[]], { "": null }) },
  { weight: 3, arbitrary: hostileText },
  { weight: 2, arbitrary: hostileNumber },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(20, 1_000).map(nested) },
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 300 }, () => "x")) },
);

/** This many arrays in one another. */
export function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < depth; i++) value = [value];
  return value;
}
