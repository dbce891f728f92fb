/**
 * The lines of a byte stream, numbered from 1, without their line feed; never holds more than one line.
 * `bytes` is null for a line longer than `maxBytes`.
 */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<{ line: number; bytes: Uint8Array | null }> {
  let line = 1;
  let parts: Uint8Array[] = [];
  let length = 0;
  const keep = (part: Uint8Array) => {
    length += part.byteLength;
    if (length <= maxBytes) parts.push(part);
    else parts = [];
  };
  const take = () => {
    const taken = { line: line++, bytes: length <= maxBytes ? concat(parts, length) : null };
    parts = [];
    length = 0;
    return taken;
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.byteLength) keep(chunk.slice(start));
  }
  if (length > 0) yield take();
}

function concat(parts: Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
