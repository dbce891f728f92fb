import { shareOf, stemsOf, tellingWords } from "./text.ts";

/** What support is asked about: such a word names a topic better than a longer one. */
const SUBJECT =
  /^(?:account|address|balance|billing|booking|cancel|card|charge|coupon|damag|deliver|discount|download|email|exchange|invoice|login|order|parcel|passcode|password|payment|plan|price|receipt|refund|reset|return|ship|statement|subscription|tracking|transfer|upgrade|verif|voucher|warranty)/;

/** The name on offer that fits a text; where none does, a new one of its two most telling words. */
export function nameFor(text: string, offered: string[]): string {
  const stems = stemsOf(text);
  const fits = (name: string) => shareOf(stemsOf(name.replace(/_/g, " ")), stems);
  const best = offered.toSorted((a, b) => fits(b) - fits(a))[0];
  if (best !== undefined && fits(best) >= 0.5) return best;
  const weight = (word: string) => word.length + (SUBJECT.test(word) ? 100 : 0);
  const words = [...new Set(tellingWords(text))].toSorted((a, b) => weight(b) - weight(a));
  return words.slice(0, 2).join("_") || "other";
}
