import { takeAddresses, takeCodes } from "./fact-contacts.ts";
import { takeDates, takeMonths } from "./fact-dates.ts";
import { takeMoney } from "./fact-money.ts";
import { takeNumbers, takePercentages } from "./fact-numbers.ts";
import { type Fact, type FactKind, FactText } from "./fact-text.ts";
import { takeDurations, takeTimes } from "./fact-times.ts";

/** A fact of a rewrite that none of its sources holds. */
export interface MadeUpFact {
  kind: FactKind;
  /** As it stands in the rewrite, number words turned to digits. */
  text: string;
}

// More than a model can use or a person would read; it bounds the work on a text that is nothing but numbers.
const MAX_REPORTED = 20;

/**
 * The facts of `rewrite` that stand in none of `sources`: sums of money, percentages, durations, dates, times, URLs,
 * e-mail addresses, phone numbers, order ids, card numbers, IBANs, IP addresses and numbers from 100 up. Spellings are
 * unified first, so that rephrasing raises nothing: "$1,200.00" is "1200 USD", "3 March 2024" is "2024-03-03",
 * "24 hours" is "one day". At most 20 are returned, each once. About linear in the lengths.
 */
export function findMadeUpFacts(rewrite: string, sources: readonly string[]): MadeUpFact[] {
  const facts = extractFacts(rewrite).filter((fact) => fact.needs.length > 0);
  if (facts.length === 0) return [];
  const given = new Set(sources.flatMap((source) => extractFacts(source).flatMap((fact) => fact.gives)));
  const madeUp = new Map<string, MadeUpFact>();
  let joined: string | undefined;
  for (const { kind, text, needs } of facts) {
    if (needs.some((way) => way.every((key) => given.has(key)))) continue;
    // A line break or a mark inside an address or a code can keep it from being recognised in the source.
    joined ??= sources.map(lettersAndDigits).join(" ");
    const plain = lettersAndDigits(text);
    if (isSearchable(kind, plain) && joined.includes(plain)) continue;
    madeUp.set(`${kind} ${text}`, { kind, text });
    if (madeUp.size >= MAX_REPORTED) break;
  }
  return [...madeUp.values()];
}

/** All facts of a text, in the order of their kinds. */
export function extractFacts(text: string): Fact[] {
  const rest = new FactText(text);
  takeAddresses(rest);
  takeDates(rest);
  takeTimes(rest);
  takeMoney(rest);
  takePercentages(rest);
  takeDurations(rest);
  takeCodes(rest);
  takeMonths(rest);
  takeNumbers(rest);
  return rest.facts;
}

// Six digits in a row hardly arise where two other numbers meet; fewer would.
const SEARCHABLE_DIGITS = 6;

function isSearchable(kind: FactKind, plain: string): boolean {
  if (kind === "number") return plain.length >= SEARCHABLE_DIGITS;
  return kind === "url" || kind === "email" || kind === "phone" || kind === "order id";
}

function lettersAndDigits(text: string): string {
  return text
    .replace(/^https?:\/\/(?:www\.)?/i, "")
    .replace(/[^\p{L}\p{N}]/gu, "")
    .toLowerCase();
}
