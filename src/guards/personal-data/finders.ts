import { ADDRESSES } from "./addresses.ts";
import { BIRTH_DATES } from "./birth-dates.ts";
import { CARDS } from "./cards.ts";
import { EMAILS } from "./emails.ts";
import { IBANS } from "./ibans.ts";
import { IPS } from "./ips.ts";
import type { Finder } from "./kinds.ts";
import { NAMES } from "./names.ts";
import { IDS } from "./national-ids.ts";
import { PHONES } from "./phones.ts";
import { SECRETS } from "./secrets.ts";

/**
 * The surer kind first: what it takes is not looked at again, so the digits of an IBAN are never a phone, and those of
 * a key never a card.
 */
export const FINDERS: readonly Finder[] = [
  SECRETS,
  EMAILS,
  IBANS,
  IDS,
  CARDS,
  IPS,
  BIRTH_DATES,
  PHONES,
  ADDRESSES,
  NAMES,
];

/** False only where the finder can find nothing. */
export function mayFind({ sign, cue }: Finder, text: string): boolean {
  return cue !== undefined || sign?.test(text) === true;
}
