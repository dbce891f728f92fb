import { type Finder, type Found, found } from "./kinds.ts";
import { passesLuhn } from "./luhn.ts";

// A plus begins a phone number, which passes the Luhn check one time in ten.
const DIGIT_GROUPS = /(?<![\p{L}\p{N}+]|\p{N}[.,])\p{Nd}+(?:[ -]\p{Nd}+){0,40}(?![\p{L}\p{N}])/gu;
const CARD_DIGITS = { min: 13, max: 19 };
// Payment networks issue numbers that begin with 2 to 6 (ISO/IEC 7812: travel, banking, merchandising).
const CARD_START = /^[2-6]/;

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

// Seven of its digits, or some of another script, which the finder takes too.
export const CARDS: Finder = { kind: "card", sign: /\d(?:[ -]?\d){6}|[^\P{Nd}0-9]/u, find: findCards };

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
