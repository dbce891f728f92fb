import type { FactKeys, FactText } from "./fact-text.ts";
import { findCards } from "./personal-data/cards.ts";
import { findEmails } from "./personal-data/emails.ts";
import { findIbans } from "./personal-data/ibans.ts";
import { findIps } from "./personal-data/ips.ts";
import { PLACEHOLDER } from "./personal-data/kinds.ts";
import { significantDigits } from "./personal-data/phones.ts";

const WEB_ADDRESS = /(?<![a-z\d])(?:https?:\/\/|www\.)[!#$%&'()*+,./:;=?@[\]~\w-]{1,2000}/gi;
// A bare domain counts by its ending; endings that are words too ("in", "it", "no") only with a path behind them.
const SURE_ENDING =
  "com|org|net|io|edu|gov|info|biz|app|dev|ai|shop|store|online|site|support|cloud|tech|tv|mil|int|eu|uk|de|fr|es|nl|ch|ca|au|nz|jp|cn|br|mx|pl|se|dk|fi|ie|pt|cz|ru|za|sg|kr|tr|ua|gr|hu|ro|hk|tw|ae|il|ar|cl|ph|th|vn|health|clinic|bank|finance|insurance|email|agency|software|network|digital|travel|hotel|academy|club|wiki|blog|website|xyz";
const WORD_ENDING = "co|us|in|it|at|be|no|me|so|to|is|am|my|do|as|id|pm|help|li|lu|cc|ly|gg|page|link";
const HOST = String.raw`(?<![\p{L}\p{M}\p{N}_@./-])(?:[\p{L}\d][\p{L}\p{M}\d-]{0,62}\.){1,5}`;
const BARE_DOMAIN = new RegExp(
  String.raw`${HOST}(?:(?:${SURE_ENDING})(?![\w-]|\.[a-z])(?:[/?#][!#$%&'()*+,./:;=?@~\w-]{0,2000})?|(?:${WORD_ENDING})\/[!#$%&'()*+,./:;=?@~\w-]{1,2000})`,
  "gu",
);
// Enough for any real path; the keys of an address grow with it.
const MAX_PATH_PARTS = 20;

// Digits in groups as phone numbers are written; what they mean is looked at afterwards.
const DIGIT_GROUPS = /(?<![\p{L}\d_.,])\+?\s?\(?\d(?:[\s().-]{0,3}\d){6,18}(?![\p{L}\d_]|[.,]\d)/gu;
const PHONE_DIGITS = { min: 7, max: 17 };
const GROUPED_THOUSANDS = /^[1-9]\d{0,2}(?: \d{3})+$/;
const PHONE_CUE =
  /(?:call|phone|tel|telephone|dial|ring|text|sms|mobile|whatsapp|fax|hotline|helpline|number|on|at|or|telefon|teléfono|téléphone)[^\p{L}\d]{0,3}$/iu;

const CODE = /(?<![\p{L}\d_-])#?[\p{L}\d]+(?:[-_][\p{L}\d]+){0,10}/gu;
const CODE_CUE =
  /(?:order|invoice|ticket|case|ref|reference|booking|confirmation|tracking|account|policy|claim|id|number|no|nr)\.?[\s:#]{0,3}$/i;
const NUMBER_WITH_UNIT = /^\d+(?:\p{L}{1,3}|\p{Ll}+)$/u;
const CODE_LENGTH = 5;
const CODE_DIGITS = 3;

/** Takes e-mail addresses, URLs, card numbers, IBANs, IP addresses and the placeholders of a redaction. */
export function takeAddresses(text: FactText): void {
  text.take("placeholder", PLACEHOLDER, ([name]) => ({ gives: [name], needs: [[name]] }));
  text.takeFound("email", findEmails, (value) => {
    const domain = value.slice(value.indexOf("@") + 1);
    return { gives: [`email:${value}`, `url:${domain}`], needs: [[`email:${value}`]] };
  });
  text.take("url", WEB_ADDRESS, ([address]) => urlKeys(address));
  text.take("url", BARE_DOMAIN, ([address]) => urlKeys(address));
  text.takeFound("IBAN", findIbans, codeKeys);
  text.takeFound("card number", findCards, codeKeys);
  text.takeFound("IP address", findIps, (value) => ({ gives: [`ip:${value}`], needs: [[`ip:${value}`]] }));
}

/** Takes phone numbers, order ids and other codes. Dates, times and sums must be out already. */
export function takeCodes(text: FactText): void {
  text.take("phone", DIGIT_GROUPS, (match) => {
    const raw = match[0].trim();
    const digits = raw.replace(/\D/g, "");
    if (digits.length < PHONE_DIGITS.min || digits.length > PHONE_DIGITS.max || GROUPED_THOUSANDS.test(raw))
      return undefined;
    const before = match.input.slice(Math.max(0, match.index - 20), match.index);
    const dialled = /^\+?\s?[(0]|^\+/.test(raw) || raw.split(/\D+/).length >= 3 || PHONE_CUE.test(before);
    return dialled ? phoneKeys(raw) : undefined;
  });
  text.take("order id", CODE, (match) => {
    const raw = match[0];
    const digits = raw.replace(/\D/g, "");
    if (digits.length < CODE_DIGITS) return undefined;
    const before = match.input.slice(Math.max(0, match.index - 20), match.index);
    if (/^#?\d+$/.test(raw)) {
      if (digits.length >= PHONE_DIGITS.min) return withValue(phoneKeys(raw), digits);
      return raw.startsWith("#") || CODE_CUE.test(before) ? codeKeys(raw) : undefined;
    }
    if (raw.length < CODE_LENGTH || NUMBER_WITH_UNIT.test(raw) || !isCode(raw)) return undefined;
    return codeKeys(raw);
  });
}

/** The spelling under which URLs are compared: no scheme, "www.", fragment, tracking parameters or closing mark. */
function canonicalUrl(address: string): string {
  const bare = trimAddress(address)
    .replace(/^https?:\/\//i, "")
    .replace(/^www\./i, "")
    .replace(/#.*$/s, "");
  const [path = "", query = ""] = bare.toLowerCase().split("?", 2);
  const kept = query.split("&").filter((part) => part !== "" && !part.startsWith("utm_"));
  return path.replace(/\/+$/, "") + (kept.length > 0 ? `?${kept.join("&")}` : "");
}

/** Cuts off what belongs to the sentence: closing marks, and a bracket that the address did not open. */
function trimAddress(address: string): string {
  let end = address.length;
  const opened = address.split("(").length - address.split(")").length;
  let surplus = -opened;
  while (end > 0) {
    const char = address.charAt(end - 1);
    if (char === ")" && surplus > 0) surplus--;
    else if (!".,;:!?*_'\"]~".includes(char)) break;
    end--;
  }
  return address.slice(0, end);
}

function urlKeys(address: string): FactKeys {
  const url = canonicalUrl(address);
  const parts = (url.split("?")[0] ?? "").split("/").slice(0, MAX_PATH_PARTS);
  const gives = [`url:${url}`];
  for (let i = 1; i <= parts.length; i++) gives.push(`url:${parts.slice(0, i).join("/")}`);
  return { gives, needs: [[`url:${url}`]] };
}

/** Every ending of seven digits or more is given, so that a number meets its spelling without the country code. */
function phoneKeys(raw: string): FactKeys {
  const digits = significantDigits(raw);
  const gives = [`code:${digits}`, `code:${raw.replace(/\D/g, "")}`, `whole phone:${digits}`];
  const needs = [[`code:${raw.replace(/\D/g, "")}`]];
  for (let cut = 0; digits.length - cut >= PHONE_DIGITS.min; cut++) gives.push(`phone:${digits.slice(cut)}`);
  if (digits.length >= PHONE_DIGITS.min) needs.push([`phone:${digits}`]);
  for (let cut = 1; cut <= 3 && digits.length - cut >= PHONE_DIGITS.min; cut++) {
    needs.push([`whole phone:${digits.slice(cut).replace(/^0+/, "")}`]);
  }
  return { gives, needs };
}

function codeKeys(raw: string): FactKeys {
  const code = raw.replace(/[^\p{L}\d]/gu, "").toUpperCase();
  const groups = raw.match(/\d+/g) ?? [];
  const values = groups.map((group) => `value:${Number(group)}`);
  return {
    gives: [`code:${code}`, ...groups.map((group) => `code:${group}`), ...values],
    // "order 48213" and "ORD-48213" are one order.
    needs: [[`code:${code}`], groups.map((group) => `value:${Number(group)}`)],
  };
}

function withValue(keys: FactKeys, digits: string): FactKeys {
  return { gives: [...keys.gives, `value:${Number(digits)}`], needs: [...keys.needs, [`value:${Number(digits)}`]] };
}

/** Tells "ORD-2024-7" and "a1b2c3" from "mid-2024": some part mixes letters and digits, or the letters are capitals. */
function isCode(raw: string): boolean {
  const parts = raw.replace("#", "").split(/[-_]/);
  const mixed = parts.some((part) => /\d/.test(part) && /\p{L}/u.test(part) && !NUMBER_WITH_UNIT.test(part));
  const capitals = /\p{Lu}/u.test(raw) && raw === raw.toUpperCase();
  return mixed || raw.startsWith("#") || capitals;
}
