import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { itemsOf, kindOf, MOST_DEPTH, membersOf, parseSpan, type Span, spanOfJson } from "../../src/lib/json-spans.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** JSON in the many ways one value can be written. */
const written = fc.letrec<{ value: string; object: string; array: string; scalar: string; string: string }>((tie) => {
  const space = fc.constantFrom("", "", " ", "\n\t", "\r ");
  const spaced = (text: fc.Arbitrary<string>) => fc.tuple(space, text, space).map((parts) => parts.join(""));
  const escaped = fc.constantFrom("\\u0061", "\\n", '\\"', "\\\\", "\\/", "\\ud800", "é", "😀", "]", "}", ",", ":");
  const inner = fc.string().map((text) => JSON.stringify(text).slice(1, -1));
  const string = fc.array(fc.oneof(inner, escaped), { maxLength: 3 }).map((parts) => `"${parts.join("")}"`);
  const number = fc
    .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())
    .map((n) => JSON.stringify(n));
  const odd = fc.constantFrom("1.50", "1e2", "1E+2", "-0", "9007199254740993", "0.1e-7", "true", "false", "null");
  const key = fc.oneof(fc.constantFrom('"a"', '"b"', '"\\u0061"', '"__proto__"'), string);
  const member = fc.tuple(spaced(key), spaced(tie("value"))).map(([name, value]) => `${name}:${value}`);
  const list = (of: fc.Arbitrary<string>) => fc.array(of, { maxLength: 4 }).map((items) => items.join(","));
  return {
    string,
    scalar: fc.oneof(string, number, odd),
    array: fc.oneof(space, list(spaced(tie("value")))).map((items) => `[${items}]`),
    object: fc.oneof(space, list(member)).map((members) => `{${members}}`),
    value: fc.oneof({ maxDepth: 4 }, tie("scalar"), tie("object"), tie("array")),
  };
});

/** The value, put together from the spans of its parts. */
function rebuilt(bytes: Uint8Array, span: Span): unknown {
  switch (kindOf(bytes, span)) {
    case "array":
      return [...itemsOf(bytes, span)].map((item) => rebuilt(bytes, item));
    case "object": {
      const keys = Object.keys(parseSpan(bytes, span) as object);
      const members = membersOf(bytes, span, keys);
      return Object.fromEntries(keys.map((key) => [key, rebuilt(bytes, members[key] ?? { start: 0, end: 0 })]));
    }
    default:
      return parseSpan(bytes, span);
  }
}

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

describe("the places of a JSON text's values", () => {
  it("are those that JSON.parse reads them from", () => {
    fc.assert(
      fc.property(written.value, (text) => {
        const bytes = encode(` ${text}\n`);
        const span = spanOfJson(bytes);
        expect(span).toEqual({ start: 1, end: bytes.length - 1 });
        if (span) expect(rebuilt(bytes, span)).toEqual(JSON.parse(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it("are found in just those texts that JSON.parse takes", () => {
    const piece = fc.constantFrom(
      ...'[]{},:"\\ \n\t0123456789-+.eEtrufalsn\u0001é'.split(""),
      "true",
      "\\u12",
      "null",
      '""',
    );
    const broken = fc
      .tuple(written.value, fc.nat(), fc.nat(3), fc.oneof(piece, fc.string({ maxLength: 2 })))
      .map(([text, at, without, put]) => {
        const from = at % (text.length + 1);
        return (text.slice(0, from) + put + text.slice(from + without)).toWellFormed();
      });
    let refused = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          broken,
          fc.array(piece).map((pieces) => pieces.join("")),
        ),
        (text) => {
          const known = parsed(text);
          if (known === null) refused += 1;
          expect(spanOfJson(encode(text)) !== null, text).toBe(known !== null);
        },
      ),
      { numRuns: 5_000 },
    );
    expect(refused).toBeGreaterThan(500);
    expect(refused).toBeLessThan(4_900);
  });

  it.each([
    "",
    " ",
    "nul",
    "01",
    "1.",
    ".5",
    "+1",
    "-",
    "1e",
    "NaN",
    "[1,]",
    "{,}",
    '{"a"}',
    '{"a":}',
    "[1 2]",
    "1 2",
    '"\n"',
    '"\\x"',
    "\ufeff1",
    '"',
    "{1:2}",
  ])("are none in %j", (text) => {
    expect(parsed(text)).toBeNull();
    expect(spanOfJson(encode(text))).toBeNull();
  });

  it("are found around a number of any length", () => {
    expect(spanOfJson(encode(`[${"7".repeat(1_000_000)}]`))).toEqual({ start: 0, end: 1_000_002 });
  });

  it("are found without recursion, and not beyond a depth", () => {
    const nested = (depth: number) => encode(`${"[".repeat(depth)}1${"]".repeat(depth)}`);
    expect(spanOfJson(nested(MOST_DEPTH))).not.toBeNull();
    expect(spanOfJson(nested(MOST_DEPTH + 1))).toBeNull();
    expect(spanOfJson(nested(1_000_000))).toBeNull();
    expect(spanOfJson(encode('{"a":'.repeat(1_000_000)))).toBeNull();
  });
});
