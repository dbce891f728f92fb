/** A piece of personal data found in a text; `start` and `end` count UTF-16 units. */
export interface Found {
  /** The value in one spelling, so that two spellings of it are known to be the same. */
  value: string;
  start: number;
  end: number;
}

/** What kinds of personal data are called in placeholders, for patterns. */
export const PLACEHOLDER_NAMES = "EMAIL|IBAN|CARD|IP|PHONE|NAME";

/** What stands in a redacted text in place of personal data: its kind and number. */
export const PLACEHOLDER = new RegExp(`\\[(${PLACEHOLDER_NAMES})_(\\d{1,6})\\]`, "g");

// Every pattern here is tried only where a word begins and repeats a bounded number of times: linear on any text.
const EMAIL =
  /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}(?:xn--[a-z0-9-]{2,40}|\p{L}{2,24})(?![\p{L}\p{N}]|-[\p{L}\p{N}])/giu;
// A plus begins a phone number, which passes the Luhn check one time in ten.
const DIGIT_GROUPS = /(?<![\p{L}\p{N}+]|\p{N}[.,])\p{Nd}+(?:[ -]\p{Nd}+){0,40}(?![\p{L}\p{N}])/gu;
const IBAN_START = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g;
const IPV4 = /(?<![\w.])(?<!\b[Vv](?:ersion|er)?\.? ?)(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)/g;
const IPV6 = /(?<![\w:.])[0-9a-f:]{2,39}(?::(?:\d{1,3}\.){3}\d{1,3})?(?![\w:]|\.\d)/gi;

const CARD_DIGITS = { min: 13, max: 19 };
// Payment networks issue numbers that begin with 2 to 6 (ISO/IEC 7812: travel, banking, merchandising).
const CARD_START = /^[2-6]/;

// Length of an IBAN by country: SWIFT IBAN registry.
const IBAN_LENGTHS = new Map(
  (
    "NO15 BE16 DK18 FI18 FO18 FK18 GL18 NL18 MK19 SI19 AT20 BA20 EE20 KZ20 LT20 LU20 MN20 XK20 CH21 HR21 LI21 LV21 " +
    "BG22 BH22 CR22 DE22 GB22 GE22 IE22 ME22 RS22 VA22 AE23 GI23 IL23 IQ23 OM23 SO23 TL23 AD24 CZ24 ES24 MD24 PK24 RO24 " +
    "SA24 SE24 SK24 TN24 VG24 LY25 PT25 ST25 IS26 TR26 BI27 DJ27 FR27 GR27 IT27 MC27 MR27 SM27 AL28 AZ28 BY28 CY28 DO28 " +
    "GT28 HN28 HU28 LB28 NI28 PL28 SD18 SV28 BR29 EG29 PS29 QA29 UA29 JO30 KW30 MU30 YE30 MT31 SC31 LC32 RU33"
  )
    .split(" ")
    .map((entry): [string, number] => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** E-mail addresses; the value is in lower case. */
export function findEmails(text: string): Found[] {
  return [...text.matchAll(EMAIL)].map((match) => found(match.index, match[0], match[0].toLowerCase()));
}

/** Card numbers: 13 to 19 digits, single spaces or hyphens allowed, that pass the Luhn check; the value is the digits. */
export function findCards(text: string): Found[] {
  const cards: Found[] = [];
  for (const match of text.matchAll(DIGIT_GROUPS)) {
    if (match[0].length < CARD_DIGITS.min) continue;
    const groups = [...match[0].matchAll(/\p{Nd}+/gu)];
    for (let i = 0; i < groups.length; i++) {
      const from = groups[i];
      if (from === undefined || !CARD_START.test(from[0])) continue;
      const last = lastGroupOfCard(groups, i);
      const to = groups[last];
      if (to === undefined) continue;
      const raw = match[0].slice(from.index, to.index + to[0].length);
      cards.push(found(match.index + from.index, raw, raw.replace(/[ -]/g, "")));
      i = last;
    }
  }
  return cards;
}

/** IBANs: country, its length and the mod 97 check (ISO 13616); the value is in capitals without spaces. */
export function findIbans(text: string): Found[] {
  const ibans: Found[] = [];
  for (const match of text.matchAll(IBAN_START)) {
    const length = IBAN_LENGTHS.get(match[0].slice(0, 2).toUpperCase());
    if (length === undefined) continue;
    let value = "";
    let end = match.index;
    while (value.length < length && end < text.length) {
      const char = text.charAt(end);
      if (/[A-Za-z0-9]/.test(char)) value += char.toUpperCase();
      else if (!/[ -]/.test(char) || !/[A-Za-z0-9]/.test(text.charAt(end + 1))) break;
      end++;
    }
    if (value.length !== length || /[A-Za-z0-9]/.test(text.charAt(end)) || !passesMod97(value)) continue;
    ibans.push({ value, start: match.index, end });
  }
  return ibans;
}

/** IP addresses, version 4 and 6, except those that name no one: loopback, unspecified, netmasks. */
export function findIps(text: string): Found[] {
  const v4 = [...text.matchAll(IPV4)].filter((match) => isIpv4(match[0]));
  const v6 = [...text.matchAll(IPV6)].filter((match) => isIpv6(match[0]));
  return [...v4, ...v6].map((match) => found(match.index, match[0], match[0].toLowerCase()));
}

function found(start: number, raw: string, value: string): Found {
  return { value, start, end: start + raw.length };
}

/** Index of the group where a card that begins with group `first` ends, or -1; a longer card wins over a shorter. */
function lastGroupOfCard(groups: readonly RegExpExecArray[], first: number): number {
  let digits = "";
  let last = -1;
  for (let i = first; i < groups.length; i++) {
    digits += groups[i]?.[0] ?? "";
    if (digits.length > CARD_DIGITS.max) break;
    if (digits.length >= CARD_DIGITS.min && passesLuhn(digits)) last = i;
  }
  return last;
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function passesMod97(iban: string): boolean {
  let remainder = 0;
  for (const char of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  if (parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith("0")))) return false;
  return !["0", "127", "255"].includes(parts[0] ?? "");
}

function isIpv6(text: string): boolean {
  // A clock time or a scope ("std::") looks alike: an address has eight groups, or one gap and some digits.
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return false;
  const groups = [...head.split(":"), ...(tail ?? "").split(":")].filter((group) => group !== "");
  const dotted = groups.at(-1)?.includes(".") ? groups.pop() : undefined;
  if (dotted !== undefined && !isIpv4(dotted)) return false;
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return false;
  if (/^:[^:]|[^:]:$/.test(text)) return false;
  const count = groups.length + (dotted === undefined ? 0 : 2);
  return tail === undefined ? count === 8 : count >= 2 && count <= 7 && /\d/.test(text);
}
