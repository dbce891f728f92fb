import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/min";
import { type Finder, type Found, found } from "./kinds.ts";

// Digits that ITU-T E.164 allows at most, and the fewest of any subscriber number worth the name.
const DIGITS = { min: 7, max: 15 };
// A wrapped line may cut a number in two: one line break is allowed where three or more digits follow.
const CANDIDATE =
  /(?<![\p{L}\p{N}_.+#@/-])(?<!\d[ ,])(?:\(?\+ ?)?\(?\d(?:(?:[ \u00a0()./-]{0,3}|\r?\n(?=\d{3}))\d){6,16}(?![\p{L}\p{N}_@]|[.,/-]\d)/gu;
const DATE_LIKE =
  /^(?:(?:19|20)\d\d[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d|(?:19|20)\d\d\s?[-/]\s?(?:19|20)\d\d)(?!\d)/;
const THOUSANDS = /^[1-9]\d{0,2}(?: \d{3}){2,}$/;
// Four or more numbers with points between them are a version or an address, pairs after a zero a French number.
const DECIMAL_OR_VERSION = /^\d+\.\d+$|^(?!0\d(?:\.\d\d){4}$)\d+(?:\.\d+){3,}$/;
// How people announce a phone number, shortly before it.
const CUE =
  /(?<!\p{L})(?:call(?:ing|ed)?|phone|telephone|tel|ph|mobile|mob|cell|fax|whatsapp|dial|ring|rang|text|sms|hotline|helpline|reach(?:ed)? (?:me|us|him|her|them)|contact|mi número|(?:il )?mio numero|mon numéro|meine? nummer|cell|(?:my|our|his|her|their|your) number|telefon\p{L}*|handy|rufen|anrufen|téléphone|tél|appel\p{L}*|teléfono|móvil|ll[aá]m\p{L}*|cellulare|chiam\p{L}*|celular|ligue|bel|телефон|тел|звон\p{L}*|电话|電話|手机|전화)(?!\p{L})[^\d\n]{0,24}$/iu;
const OTHER_NUMBER =
  /(?:order|invoice|ticket|case|ref|reference|booking|confirmation|tracking|account|acct|policy|claim|id|isbn|serial|sku|part|model|article|ean|imei|parcel|#|№)\.?\s?(?:no|nr|number|num|id)?\.?\s?(?:is|was)?[\s:#-]{0,3}$/i;
// A line that holds this many digits needs none from the next line to be a phone number.
const WHOLE_NUMBER = 9;
const CUE_WINDOW = 40;
// Without a country code a number is read as one of the countries whose national spelling is most often met.
const NATIONAL: readonly CountryCode[] = ["US", "GB", "AU", "DE", "FR", "ES", "IT", "NL", "IN", "BR", "JP", "ZA"];
// A parse costs tens of microseconds; past this many in one text the shape alone decides (redacting too much is safe).
const MAX_PARSED = 300;

/**
 * Phone numbers in a text. With a country code the numbering plan decides; without one it takes a word such as "call"
 * before it, or the shape of a national number that some country has. Plain numbers, dates, sums and order numbers are
 * left alone. The value is the digits, without an international or trunk prefix ("00", "0").
 */
export function findPhones(text: string): Found[] {
  const phones: Found[] = [];
  const candidate = new RegExp(CANDIDATE);
  let parsed = 0;
  for (let match = candidate.exec(text); match !== null; match = candidate.exec(text)) {
    const start = match.index;
    const before = text.slice(Math.max(0, start - CUE_WINDOW), start);
    const [line = ""] = match[0].split(/\r?\n/);
    const whole = line.replace(/\D/g, "").length >= WHOLE_NUMBER;
    const tries = whole || line === match[0] ? [line] : [match[0], line];
    const raw = tries.find((spelling) => isPhone(spelling.replace(/\s/g, " "), before, parsed++ < MAX_PARSED));
    if (raw !== undefined) phones.push(found(start, raw, significantDigits(raw)));
    candidate.lastIndex = start + (raw ?? line).length;
  }
  return phones;
}

export const PHONES: Finder = { kind: "phone", sign: /\d(?:[ \u00a0()./\r\n-]{0,3}\d){6}/u, find: findPhones };

/** The digits that identify a phone number: without "+", "00", trunk zeros and "(0)". */
export function significantDigits(raw: string): string {
  return raw.replace("(0)", "").replace(/\D/g, "").replace(/^0+/, "");
}

/** True when two significant digit strings are one number, one of them perhaps with its country code. */
export function samePhone(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return short === long || (short.length >= DIGITS.min && long.length - short.length <= 3 && long.endsWith(short));
}

function isPhone(raw: string, before: string, mayParse: boolean): boolean {
  const digits = raw.replace(/\D/g, "");
  if (digits.length < DIGITS.min || DATE_LIKE.test(raw) || !balanced(raw)) return false;
  if (/^\(?\+/.test(raw))
    return !mayParse || parsePhoneNumberFromString(raw.replace(/^\(\+/, "+"))?.isPossible() === true;
  if (OTHER_NUMBER.test(before)) return false;
  if (CUE.test(before)) return digits.length <= DIGITS.max && !DECIMAL_OR_VERSION.test(raw);
  if (/^00[1-9]/.test(digits))
    return !mayParse || parsePhoneNumberFromString(`+${digits.slice(2)}`)?.isValid() === true;
  if (!looksNational(raw, digits)) return false;
  if (/^\(\d{3}\)\s?\d{3}[-. ]\d{4}$|^(?:1[-. ])?\d{3}([-.])\d{3}\1\d{4}$/.test(raw)) return true;
  return !mayParse || NATIONAL.some((country) => parsePhoneNumberFromString(raw, country)?.isValid() === true);
}

/** A trunk zero, an area code in brackets, or three or more groups that are no sum of money. */
function looksNational(raw: string, digits: string): boolean {
  if (digits.length < 8 || THOUSANDS.test(raw) || DECIMAL_OR_VERSION.test(raw)) return false;
  const groups = raw.split(/\D+/).filter((group) => group !== "");
  if (raw.includes("(")) return groups.length >= 2;
  if (digits.startsWith("0")) return groups.length >= 2 || digits.length === 10 || digits.length === 11;
  return groups.length >= 3 && groups.length <= 5 && digits.length >= 9 && digits.length <= 12;
}

function balanced(raw: string): boolean {
  return raw.split("(").length === raw.split(")").length;
}
