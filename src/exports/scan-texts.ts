import type { Hash64 } from "./hash64.ts";

/** What one look at a row's texts tells. */
export interface Scanned {
  /** Case (ASCII) and runs of white space aside. */
  prompt: Hash64;
  pair: Hash64;
  /** False only where no finder of personal data can find anything. */
  mayHoldPersonalData: boolean;
}

/** The shortest phone number the finders know. IBANs may have fewer digits: in some countries two, and letters. */
const FEWEST_DIGITS = 7;

/** Dots between digits in an IPv4 address, and colons with no space behind them in an IPv6 address, at least. */
const IP = { dots: 3, colons: 2 };

/** Digits of other scripts, some of which the card finder counts. */
const OTHER_DIGIT = /[^\P{Nd}0-9]/u;

const SPACE = 32;

/** The kinds of bytes that matter to the finders; letters and punctuation, nearly all there is, are 0. */
const KIND = { digit: 1, dot: 2, colon: 3, at: 4, noBreak: 5, otherScript: 6 };

/** The first byte, in UTF-8, of characters from U+0640 on: the first digits that are not ASCII are U+0660. */
const FIRST_OTHER_SCRIPT = 0xd9;

const kinds = new Uint8Array(256);
kinds.fill(KIND.digit, 48, 58);
kinds[46] = KIND.dot;
kinds[58] = KIND.colon;
kinds[64] = KIND.at;
kinds[0xa0] = KIND.noBreak;
kinds.fill(KIND.otherScript, FIRST_OTHER_SCRIPT);

/** Bytes without their case, and all white space alike. */
const folded = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte <= SPACE) return SPACE;
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
});

/** An IBAN begins with two letters and two digits. */
const isLetter = (byte = 0) => (byte | 32) >= 97 && (byte | 32) <= 122;

const encoder = new TextEncoder();

/** A UTF-16 unit takes at most three bytes. */
const BYTES_PER_UNIT = 3;
const FIRST_ROOM = 2 ** 14;

/**
 * Looks at every byte of a row's texts once, for two questions at a time. Bytes, because reading a string character
 * by character costs four times as much; two buffers are used again and again.
 */
export class TextScanner {
  #bytes = new Uint8Array(FIRST_ROOM);
  /** What is hashed: the bytes folded, in whole words. */
  #folded = new Uint8Array(FIRST_ROOM);
  #words = new Uint32Array(this.#folded.buffer);

  scan(prompt: string, reply: string, original: string): Scanned {
    const inPrompt = this.#look(prompt);
    const lanes = { a: 0x239b961b, b: 0xab0e9789 };
    this.#hash(lanes, inPrompt.length);
    const ofPrompt = finish(lanes);
    const inReply = this.#look(reply);
    this.#hash(lanes, inReply.length);
    const personal = inPrompt.personal || inReply.personal || (original !== "" && this.#look(original).personal);
    return { prompt: ofPrompt, pair: finish(lanes), mayHoldPersonalData: personal };
  }

  /** Folds a text into `#folded`. @returns how many bytes that are, and whether a finder may find something */
  #look(text: string): { length: number; personal: boolean } {
    const bytes = this.#room(text);
    const out = this.#folded;
    const { written: end } = encoder.encodeInto(text, bytes);
    let [length, last] = [0, SPACE];
    let [digits, dots, colons, at, iban, otherScript] = [0, 0, 0, false, false, false];
    for (let i = 0; i < end; i++) {
      const byte = bytes[i] as number;
      const fold = folded[byte] as number;
      out[length] = fold;
      // Of a run of spaces each overwrites the one before.
      if (fold !== SPACE || last !== SPACE) length++;
      last = fold;
      const kind = kinds[byte];
      if (kind === 0) continue;
      if (kind === KIND.digit) {
        digits++;
        if (i > 2 && kinds[bytes[i - 1] as number] === KIND.digit)
          iban ||= isLetter(bytes[i - 2]) && isLetter(bytes[i - 3]);
      } else if (kind === KIND.dot) {
        if (
          i > 0 &&
          i + 1 < end &&
          kinds[bytes[i - 1] as number] === KIND.digit &&
          kinds[bytes[i + 1] as number] === KIND.digit
        )
          dots++;
      } else if (kind === KIND.colon) {
        if (i + 1 < end && (bytes[i + 1] as number) > SPACE) colons++;
      } else if (kind === KIND.at) at = true;
      else if (kind === KIND.otherScript) otherScript = true;
      else if (i > 0 && bytes[i - 1] === 0xc2) {
        // A no-break space, two bytes long, is a space like any other.
        length -= 2;
        last = length > 0 ? (out[length - 1] as number) : SPACE;
        if (last !== SPACE) out[length++] = SPACE;
        last = SPACE;
      }
    }
    if (length > 0 && last === SPACE) length--;
    const personal =
      at ||
      iban ||
      digits >= FEWEST_DIGITS ||
      dots >= IP.dots ||
      colons >= IP.colons ||
      (otherScript && OTHER_DIGIT.test(text));
    return { length, personal };
  }

  #room(text: string): Uint8Array {
    const most = text.length * BYTES_PER_UNIT;
    if (this.#bytes.byteLength < most + Uint32Array.BYTES_PER_ELEMENT) {
      const room = 2 ** Math.ceil(Math.log2(most + Uint32Array.BYTES_PER_ELEMENT));
      this.#bytes = new Uint8Array(room);
      this.#folded = new Uint8Array(room);
      this.#words = new Uint32Array(this.#folded.buffer);
    }
    return this.#bytes;
  }

  /** Two lanes of MurmurHash3 (Appleby), four bytes a step, and the length, so that text can not move along. */
  #hash(lanes: Lanes, length: number): void {
    const words = this.#words;
    const count = Math.ceil(length / Uint32Array.BYTES_PER_ELEMENT);
    this.#folded.fill(0, length, count * Uint32Array.BYTES_PER_ELEMENT);
    let { a, b } = lanes;
    for (let i = 0; i < count; i++) {
      const word = words[i] as number;
      const x = Math.imul(word, 0xcc9e2d51);
      const y = Math.imul(word, 0x38b34ae5);
      a ^= Math.imul((x << 15) | (x >>> 17), 0x1b873593);
      a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
      b ^= Math.imul((y << 16) | (y >>> 16), 0xa1e38b93);
      b = (Math.imul((b << 17) | (b >>> 15), 5) + 0x561ccd1b) | 0;
    }
    lanes.a = a ^ length;
    lanes.b = b ^ Math.imul(length, 0x9e3779b1);
  }
}

const own = new TextScanner();

/** The hash of one text, as that of a row's prompt is. */
export function hashText(text: string): Hash64 {
  return own.scan(text, "", "").prompt;
}

interface Lanes {
  a: number;
  b: number;
}

/** The final mix of cyrb53: every bit of both lanes reaches both halves. */
function finish({ a, b }: Lanes): Hash64 {
  const high = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  const low = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return { high: high >>> 0, low: low >>> 0 };
}
