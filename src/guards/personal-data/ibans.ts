import { getCountrySpecifications } from "ibantools";
import type { Finder, Found } from "./kinds.ts";

const IBAN_START = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g;

const COUNTRIES = new Map(
  Object.entries(getCountrySpecifications()).flatMap(([country, { chars, bban_regexp }]) =>
    chars && bban_regexp ? [[country, { length: chars, account: new RegExp(bban_regexp) }] as const] : [],
  ),
);

/**
 * IBANs: country, its length and form, and the mod 97 check (ISO 13616); the value is in capitals without spaces. The
 * checks that some countries have inside the account number are not made: a number that fails one names an account
 * all the same.
 */
export function findIbans(text: string): Found[] {
  const ibans: Found[] = [];
  for (const match of text.matchAll(IBAN_START)) {
    const country = COUNTRIES.get(match[0].slice(0, 2).toUpperCase());
    if (country === undefined) continue;
    let value = "";
    let end = match.index;
    while (value.length < country.length && end < text.length) {
      const char = text.charAt(end);
      if (/[A-Za-z0-9]/.test(char)) value += char.toUpperCase();
      else if (!/[ -]/.test(char) || !/[A-Za-z0-9]/.test(text.charAt(end + 1))) break;
      end++;
    }
    if (value.length !== country.length || /[A-Za-z0-9]/.test(text.charAt(end))) continue;
    if (country.account.test(value.slice(4)) && passesMod97(value)) ibans.push({ value, start: match.index, end });
  }
  return ibans;
}

export const IBANS: Finder = { kind: "iban", sign: /\d\d(?<=[A-Za-z]{2}\d\d)/u, find: findIbans };

function passesMod97(iban: string): boolean {
  let remainder = 0;
  for (const char of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}
