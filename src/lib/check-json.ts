/** Nothing that people write is nested deeper, and SQLite reads no JSON of more than 1,000 levels. */
export const MOST_LEVELS = 64;

const [QUOTE, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/**
 * What is wrong with JSON before it is parsed: bytes that are not UTF-8, which a parser would replace, and nesting that
 * somebody's parser, or the database, does not survive.
 * @returns in words that go after "The body" or "line 3"; null when it can be parsed
 */
export function checkJson(bytes: Uint8Array): string | null {
  if (bytes.byteLength === 0) return "is empty";
  if (!isUtf8(bytes)) return "is not valid UTF-8";
  return isTooDeep(bytes) ? `is nested deeper than ${MOST_LEVELS} levels` : null;
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** In one pass, without recursion. UTF-8 has no ASCII within its longer characters. */
function isTooDeep(bytes: Uint8Array): boolean {
  let levels = 0;
  let inText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++levels > MOST_LEVELS) return true;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) levels--;
  }
  return false;
}
