/*
 * Where the values of a JSON text are, so that one of them can be changed and all others stay as they were written:
 * numbers that no double holds, keys that come twice, their order, white space. Reading and writing the whole would
 * lose all that, and take several times the memory.
 */

/** A value's place in the bytes of a text, its quotes or brackets included. */
export interface Span {
  start: number;
  end: number;
}

/** How deep a text may be nested. Python's parser, which most servers use, gives up at about as much. */
export const MOST_DEPTH = 1_000;

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Thrown inside of this file alone. */
class NotJson extends Error {}

/**
 * The one value of a whole text; null where the text is not what `JSON.parse` takes, or is nested too deep. Takes the
 * bytes to be UTF-8.
 */
export function spanOfJson(bytes: Uint8Array): Span | null {
  try {
    const start = skipSpace(bytes, 0);
    const end = endOfValue(bytes, start);
    return skipSpace(bytes, end) === bytes.length ? { start, end } : null;
  } catch (error) {
    if (error instanceof NotJson) return null;
    throw error;
  }
}

/** What kind of value begins at a span, as far as that matters here. */
export function kindOf(bytes: Uint8Array, { start }: Span): "object" | "array" | "string" | "other" {
  const byte = bytes[start];
  if (byte === OPEN_OBJECT) return "object";
  if (byte === OPEN_ARRAY) return "array";
  return byte === QUOTE ? "string" : "other";
}

/** The items of an array in a text that `spanOfJson` took, one at a time. */
export function* itemsOf(bytes: Uint8Array, { start }: Span): Generator<Span> {
  let at = skipSpace(bytes, start + 1);
  while (bytes[at] !== CLOSE_ARRAY) {
    const end = endOfValue(bytes, at);
    yield { start: at, end };
    at = afterComma(bytes, end);
  }
}

/** The values of some members of an object in a text that `spanOfJson` took; of a key that comes twice the last. */
export function membersOf<K extends string>(
  bytes: Uint8Array,
  { start }: Span,
  names: readonly K[],
): Partial<Record<K, Span>> {
  const found: Partial<Record<K, Span>> = {};
  let at = skipSpace(bytes, start + 1);
  while (bytes[at] !== CLOSE_OBJECT) {
    const endOfKey = endOfValue(bytes, at);
    const key = parseSpan(bytes, { start: at, end: endOfKey });
    const value = skipSpace(bytes, skipSpace(bytes, endOfKey) + 1);
    const end = endOfValue(bytes, value);
    const name = names.find((name) => name === key);
    if (name !== undefined) found[name] = { start: value, end };
    at = afterComma(bytes, end);
  }
  return found;
}

/** The value itself. */
export function parseSpan(bytes: Uint8Array, { start, end }: Span): unknown {
  return JSON.parse(textOf(bytes, start, end));
}

/** Where the next item or member begins, or the bracket that closes them. */
function afterComma(bytes: Uint8Array, end: number): number {
  const at = skipSpace(bytes, end);
  return bytes[at] === COMMA ? skipSpace(bytes, at + 1) : at;
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[at]) at++;
  return at;
}

/** Where the value that begins here ends. Goes through it without recursion. @throws NotJson */
function endOfValue(bytes: Uint8Array, from: number): number {
  /** The closing brackets that are still to come. */
  const open: number[] = [];
  let at = from;
  for (;;) {
    const byte = bytes[at];
    const close = byte === OPEN_OBJECT ? CLOSE_OBJECT : byte === OPEN_ARRAY ? CLOSE_ARRAY : null;
    if (close === null) at = endOfScalar(bytes, at);
    else {
      at = skipSpace(bytes, at + 1);
      if (bytes[at] !== close) {
        if (open.push(close) > MOST_DEPTH) throw new NotJson();
        if (close === CLOSE_OBJECT) at = startOfMember(bytes, at);
        continue;
      }
      at += 1;
    }
    // A value has ended; with it end those whose last it was.
    for (;;) {
      const last = open.at(-1);
      if (last === undefined) return at;
      at = skipSpace(bytes, at);
      if (bytes[at] === COMMA) {
        at = skipSpace(bytes, at + 1);
        if (last === CLOSE_OBJECT) at = startOfMember(bytes, at);
        break;
      }
      if (bytes[at] !== last) throw new NotJson();
      open.pop();
      at += 1;
    }
  }
}

/** Where the value of the member that begins here begins. */
function startOfMember(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) throw new NotJson();
  const at = skipSpace(bytes, endOfString(bytes, from));
  if (bytes[at] !== COLON) throw new NotJson();
  return skipSpace(bytes, at + 1);
}

function endOfString(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; ; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === undefined || byte < 0x20) throw new NotJson();
    if (byte === BACKSLASH) at = endOfEscape(bytes, at) - 1;
  }
}

function endOfEscape(bytes: Uint8Array, at: number): number {
  const letter = String.fromCharCode(bytes[at + 1] ?? 0);
  if (letter === "u") {
    if (!/^[\da-f]{4}$/i.test(textOf(bytes, at + 2, at + 6))) throw new NotJson();
    return at + 6;
  }
  if (!'"\\/bfnrt'.includes(letter)) throw new NotJson();
  return at + 2;
}

const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/** A string, a number, or a word. */
function endOfScalar(bytes: Uint8Array, from: number): number {
  if (bytes[from] === QUOTE) return endOfString(bytes, from);
  let at = from;
  while (isOfScalar(bytes[at])) at++;
  if (!SCALAR.test(textOf(bytes, from, at))) throw new NotJson();
  return at;
}

/** Letters, digits, `+`, `-` and `.` */
function isOfScalar(byte = 0): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x45 ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}

const decoder = new TextDecoder();

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}
