import { brokenOff } from "../http/read-body.ts";
import { RedraftError } from "../lib/errors.ts";

/**
 * The largest chat request, in bytes: 20 MB of images are 26.7 MB in base64. It is in memory twice at most, as it came
 * and as it goes out, and a Worker has 128 MB for all that it does at once.
 */
export const MOST_CHAT_BYTES = 28 * 1024 * 1024;

/**
 * A chat request's body, whatever its headers say of its length.
 * @throws RedraftError `too_large` as soon as it is, or `invalid` where it is not UTF-8 or breaks off
 */
export async function readChatBody(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of body ?? []) {
      length += piece.byteLength;
      if (length > MOST_CHAT_BYTES) {
        throw new RedraftError("too_large", `The body is larger than ${MOST_CHAT_BYTES} bytes.`);
      }
      decode(utf8, piece, true);
      pieces.push(piece);
    }
  } catch (error) {
    throw error instanceof RedraftError ? error : brokenOff(error);
  }
  decode(utf8, new Uint8Array(), false);
  return joined(pieces, length);
}

/** Decoding is what shows whether it is UTF-8; the text itself is not kept. */
function decode(utf8: TextDecoder, piece: Uint8Array, stream: boolean): void {
  try {
    utf8.decode(piece, { stream });
  } catch {
    throw new RedraftError("invalid", "The body is not valid UTF-8.");
  }
}

/** Lets each piece go when it is copied. */
function joined(pieces: Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
    all.set(piece, at);
    at += piece.byteLength;
  }
  return all;
}
