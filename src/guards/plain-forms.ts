import { visibleText } from "../lib/visible-text.ts";

/** Letters of other scripts that look like a Latin one, and that one. */
const LOOKALIKES = new Map(
  Object.entries({
    ...{ а: "a", в: "b", с: "c", ԁ: "d", е: "e", ё: "e", һ: "h", і: "i", ї: "i", ј: "j", к: "k", ӏ: "l", м: "m" },
    ...{ н: "h", о: "o", р: "p", ԛ: "q", г: "r", ѕ: "s", т: "t", у: "y", ѵ: "v", ԝ: "w", х: "x", ү: "y", ո: "n" },
    ...{ α: "a", β: "b", ε: "e", η: "n", ι: "i", κ: "k", ν: "v", ο: "o", ρ: "p", τ: "t", υ: "u", χ: "x", γ: "y" },
    ...{ ɡ: "g", ı: "i", ɩ: "i", ʟ: "l", ɴ: "n", ʀ: "r", ꜱ: "s", ᴀ: "a", ᴇ: "e", ᴏ: "o", ᴜ: "u", ᴛ: "t", ɪ: "i" },
  }),
);

// Most texts have none of these, and looking for one is much cheaper than taking each apart.
const ANY_LOOKALIKE = new RegExp(`[${[...LOOKALIKES.keys()].join("")}]`, "u");
const ANY_SPACED = /\p{L}[ .·_*-]\p{L}[ .·_*-]\p{L}[ .·_*-]\p{L}[ .·_*-]/u;
const ASCII = /^[\t\n\r -~]*$/;

const LATIN = /\p{Script=Latin}/u;
const WORD = /[\p{L}\p{M}]+/gu;

const ENTITY = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(lt|gt|quot|amp|apos));?/gi;
const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&", apos: "'" };
const ESCAPED = /\\u([\da-f]{4})|\\x([\da-f]{2})/gi;
const PERCENT = /(?:%[\da-f]{2}|[\w.~+-]){0,40}(?:%[\da-f]{2}[\w.~+-]{0,40}){3,2000}/gi;
const BASE64 = /[\w+/-]{24,20000}={0,2}/g;
const TAG_CHARACTERS = /[\u{E0020}-\u{E007E}]+/gu;
/** Single letters with something between them: "i g n o r e". */
const SPACED = /(?<![\p{L}\p{N}])(?:\p{L}[ .·_*-]){4,400}\p{L}(?![\p{L}\p{N}])/gu;

/** Decoded no further than this: nobody wraps a support message three times for good reasons. */
const DEEPEST = 3;

/**
 * What a text says to a reader who decodes it: in lower case, without invisible characters, look-alikes as the letters
 * they stand for, and what is hidden in it (base64, percent-encoding, entities, tag characters) as a form of its own.
 */
export function plainForms(text: string): string[] {
  const forms = new Set<string>();
  gather(text, 0, forms);
  return [...forms];
}

function gather(text: string, depth: number, forms: Set<string>): void {
  const ascii = ASCII.test(text);
  const visible = ascii
    ? text
    : visibleText(text)
        .normalize("NFKC")
        .replace(/[\u200C-\u200F\u061C]/g, "");
  const lower = visible.toLowerCase().replace(/[’‘ʼ]/g, "'");
  forms.add(lower);
  if (!ascii && ANY_LOOKALIKE.test(lower)) forms.add(lower.replace(WORD, asLatin));
  if (depth >= DEEPEST) return;
  for (const hidden of decoded(text, visible)) gather(hidden, depth + 1, forms);
}

/** A word of Latin letters and look-alikes, or of look-alikes alone, in Latin letters. */
function asLatin(word: string): string {
  let latin = "";
  for (const char of word.normalize("NFD").replace(/\p{M}/gu, "")) {
    const plain = LATIN.test(char) && char <= "\u024F" ? char : LOOKALIKES.get(char);
    if (plain === undefined) return word;
    latin += plain;
  }
  return latin;
}

function decoded(raw: string, visible: string): string[] {
  const found: string[] = [];
  const whole = (pattern: RegExp, read: (match: string, ...groups: string[]) => string) => {
    const replaced = visible.replace(pattern, read);
    if (replaced !== visible) found.push(replaced);
  };
  if (visible.includes("&")) {
    whole(ENTITY, (entity, decimal, hex, named) =>
      named
        ? (NAMED[named.toLowerCase()] ?? entity)
        : fromCode(decimal ? Number(decimal) : Number.parseInt(hex ?? "", 16)),
    );
  }
  if (visible.includes("\\")) whole(ESCAPED, (_, long, short) => fromCode(Number.parseInt(long ?? short ?? "", 16)));
  if (visible.includes("%")) whole(PERCENT, fromPercent);
  if (ANY_SPACED.test(visible)) whole(SPACED, (letters) => letters.replace(/[^\p{L}]/gu, ""));
  for (const [match] of visible.matchAll(BASE64)) {
    const text = fromBase64(match);
    if (text !== null) found.push(text);
  }
  const tags = [...raw.matchAll(TAG_CHARACTERS)].map(([match]) => match).join("");
  if (tags !== "") found.push(Array.from(tags, (char) => fromCode((char.codePointAt(0) ?? 0) - 0xe0000)).join(""));
  return found;
}

function fromCode(code: number): string {
  return Number.isInteger(code) && code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
}

function fromPercent(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll("+", " "));
  } catch {
    return encoded;
  }
}

/** Text, where the characters are the base64 of one; ids and hashes are not. */
function fromBase64(encoded: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\s]+$/u.test(text) ? text : null;
  } catch {
    return null;
  }
}
