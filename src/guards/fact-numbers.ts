import { yearKeys } from "./fact-dates.ts";
import { type FactKeys, type FactText, NUMBER, numberValues } from "./fact-text.ts";

const PERCENTAGE = new RegExp(
  `(${NUMBER})\\s?(?:%|(?:percent|per cent|pct|percentage points?|prozent|por ciento|pour cent|procent|per cento)(?!\\p{L}))`,
  "giu",
);

const LIST_NUMBER = /(?<=^[ \t]{0,8})\d{1,2}[.)](?=\s)/gm;
const PLAIN = new RegExp(`(${NUMBER})`, "g");
// Below this a number is a count or a step ("2 ways", "step 3"), not a fact anyone could look up.
const SMALLEST_FACT = 100;
// A small number in a source vouches for a quantity only where its unit can come later: "3, 5 or 7 days".
const SHARES_UNIT = /^\s?(?:[-/,;.)!?]|and\b|or\b|to\b|bis\b|$)/;

/** Takes percentages. */
export function takePercentages(text: FactText): void {
  text.take("percentage", PERCENTAGE, ([, number = ""]) => {
    const values = numberValues(number);
    // "100%" is said of certainty as often as of a number.
    if (values.includes(100)) return { gives: ["percent:100", "value:100"], needs: [] };
    return quantityKeys(values, (value) => [`percent:${value}`]);
  });
}

/** Takes the numbers that are left; small whole ones need nobody to vouch for them. */
export function takeNumbers(text: FactText): void {
  text.take("number", LIST_NUMBER, ([mark]) => ({ gives: [`value:${Number.parseInt(mark, 10)}`], needs: [] }));
  text.take("number", PLAIN, (match) => {
    const values = numberValues(match[0]);
    const year = Number(match[0]);
    if (/^(?:19|20)\d\d$/.test(match[0])) return yearKeys(year);
    const after = match.input.slice(match.index + match[0].length, match.index + match[0].length + 5);
    const vouches = values.some((value) => value >= 10) || SHARES_UNIT.test(after);
    const gives = values.flatMap((value) => (vouches ? [`value:${value}`, `bare:${value}`] : [`value:${value}`]));
    const small = values.some((value) => value < SMALLEST_FACT && Number.isInteger(value));
    return { gives, needs: small ? [] : values.map((value) => [`value:${value}`]) };
  });
}

/** Keys of a number with a unit: vouched for with its unit, or by a number whose unit stands apart. */
export function quantityKeys(values: readonly number[], key: (value: number) => string[]): FactKeys {
  return {
    gives: values.flatMap((value) => [...key(value), `value:${value}`]),
    needs: values.flatMap((value) => [key(value), [`bare:${value}`]]),
  };
}
