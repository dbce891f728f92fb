import fc from "fast-check";
import { getExampleNumber } from "libphonenumber-js/min";
import examples from "libphonenumber-js/mobile/examples";

/** A value that a test plants in a text. */
export interface Planted {
  kind: string;
  text: string;
}

const pick = <T>(...items: T[]) => fc.constantFrom(...items);
const grouped = (value: number, mark: string) => String(value).replace(/\B(?=(\d{3})+$)/g, mark);
const two = (value: number) => String(value).padStart(2, "0");

const money = fc
  .tuple(fc.integer({ min: 1000, max: 999_999 }), fc.integer({ min: 10, max: 99 }), fc.nat(11))
  .map(([whole, cents, form]) => {
    const english = `${grouped(whole, ",")}.${cents}`;
    const german = `${grouped(whole, ".")},${cents}`;
    return [
      `$${english}`,
      `$${whole}`,
      `${whole} USD`,
      `USD ${english}`,
      `€${english}`,
      `${german} €`,
      `£${whole}.${cents}`,
      `${english} pounds`,
      `₹${grouped(whole, ",")}`,
      `CHF ${grouped(whole, "'")}.${cents}`,
      `${grouped(whole, " ")},${cents} kr`,
      `${whole} dollars`,
    ][form] as string;
  });

const MONTHS = "January February March April May June July August September October November December".split(" ");
const date = fc
  .tuple(fc.integer({ min: 2027, max: 2089 }), fc.nat(11), fc.integer({ min: 1, max: 28 }), fc.nat(10))
  .map(([year, month, day, form]) => {
    const name = MONTHS[month] ?? "";
    const short = name.slice(0, 3);
    return [
      `${year}-${two(month + 1)}-${two(day)}`,
      `${day} ${name} ${year}`,
      `${name} ${day}, ${year}`,
      `the ${day}th of ${name} ${year}`,
      `${short} ${day} ${year}`,
      `${day}-${short}-${year}`,
      `${two(day)}/${two(month + 1)}/${year}`,
      `${two(day)}.${two(month + 1)}.${year}`,
      `${day}. ${name} ${year}`,
      `${year}年${month + 1}月${day}日`,
      `${name} ${year}`,
    ][form] as string;
  });

const label = fc.stringMatching(/^[a-z]{4,10}$/);
const domain = fc
  .tuple(label, pick("com", "org", "net", "io", "co.uk", "de", "com.au", "gov"))
  .map(([name, end]) => `${name}.${end}`);
const url = fc
  .tuple(
    pick("https://", "http://", "https://www.", "www.", ""),
    domain,
    fc.array(label, { maxLength: 3 }),
    pick("", "?id=7", "/"),
  )
  .map(([scheme, host, path, end]) => `${scheme}${[host, ...path].join("/")}${end}`);
const email = fc
  .tuple(label, pick("", ".", "_", "+"), label, domain)
  .map(([a, mark, b, host]) => `${a}${mark}${mark === "" ? "" : b}@${host}`);

const COUNTRIES = [
  "US",
  "GB",
  "AU",
  "DE",
  "FR",
  "ES",
  "IT",
  "NL",
  "IN",
  "BR",
  "JP",
  "ZA",
  "CA",
  "MX",
  "SE",
  "PL",
  "CH",
  "AT",
  "PT",
  "KR",
] as const;
const phone = fc.tuple(pick(...COUNTRIES), fc.stringMatching(/^[1-9]{4}$/), fc.nat(3)).map(([country, tail, form]) => {
  const example = getExampleNumber(country, examples);
  if (example === undefined) throw new Error(`no example number for ${country}`);
  const international = example.formatInternational();
  const changed = [...international];
  // Other last digits: still possible by the numbering plan, and not the number of every example.
  let left = tail.length;
  for (let i = changed.length - 1; i >= 0 && left > 0; i--)
    if (/\d/.test(changed[i] ?? "")) changed[i] = tail.charAt(--left);
  const number = changed.join("");
  return [
    number,
    number.replaceAll(" ", ""),
    number.replaceAll(" ", "-"),
    number.replace("+", "00").replaceAll(" ", ""),
  ][form] as string;
});

const orderId = fc
  .tuple(fc.integer({ min: 100_000, max: 999_999 }), fc.stringMatching(/^[A-Z]{2,4}$/), fc.nat(6))
  .map(
    ([number, letters, form]) =>
      [
        `#${number}`,
        `order ${number}`,
        `${letters}-${number}`,
        `${letters}${number}`,
        `order no. ${number}`,
        `${letters}-2024-${number}`,
        `${letters}_${number}`,
      ][form] as string,
  );
const duration = fc
  .tuple(fc.integer({ min: 11, max: 89 }), pick("days", "hours", "weeks", "minutes", "business days", "-day"))
  .map(([n, unit]) => (unit.startsWith("-") ? `${n}${unit}` : `${n} ${unit}`));
const percentage = fc
  .tuple(fc.integer({ min: 2, max: 99 }), pick("%", " %", " percent", " per cent"))
  .map(([n, sign]) => `${n}${sign}`);

const luhn = (body: string) => {
  for (let check = 0; check < 10; check++) {
    const digits = body + check;
    const sum = [...digits]
      .reverse()
      .reduce(
        (total, digit, i) =>
          total + (i % 2 === 1 ? (Number(digit) > 4 ? Number(digit) * 2 - 9 : Number(digit) * 2) : Number(digit)),
        0,
      );
    if (sum % 10 === 0) return digits;
  }
  return body;
};
const card = fc
  .tuple(pick("4", "51", "37", "6011", "2221"), fc.stringMatching(/^\d{20}$/), pick("", " ", "-"))
  .map(([start, rest, mark]) => {
    const digits = luhn((start + rest).slice(0, start === "37" ? 14 : 15));
    return mark === "" ? digits : digits.replace(/(\d{4})(?=\d)/g, `$1${mark}`);
  });

const iban = fc
  .tuple(
    pick(["DE", "18n"], ["FR", "23n"], ["GB", "4a14n"], ["NL", "4a10n"], ["ES", "20n"], ["CH", "17n"]),
    fc.stringMatching(/^\d{30}$/),
    fc.stringMatching(/^[A-Z]{4}$/),
    fc.boolean(),
  )
  .map(([[country, form], digits, letters, spaced]) => {
    const [, bank, count] = /^(4a)?(\d+)n$/.exec(form ?? "") ?? [];
    const body = (bank ? letters : "") + digits.slice(0, Number(count));
    const numeric = [...`${body}${country}00`].map((char) => Number.parseInt(char, 36)).join("");
    const text = `${country}${String(98n - (BigInt(numeric) % 97n)).padStart(2, "0")}${body}`;
    return spaced ? text.replace(/(.{4})(?=.)/g, "$1 ") : text;
  });
const ip = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 126 }), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join(".")),
  fc.ipV6().filter((text) => text.split(":").length === 8 && !text.includes("::") && !text.includes(".")),
);

const of = (kind: string, texts: fc.Arbitrary<string>): fc.Arbitrary<Planted> => texts.map((text) => ({ kind, text }));

export const PLANTED_FACTS = [
  of("amount", money),
  of("date", date),
  of("url", url),
  of("email", email),
  of("phone", phone),
  of("order id", orderId),
  of("duration", duration),
  of("percentage", percentage),
];
export const PLANTED_PERSONAL_DATA = [
  of("email", email),
  of("phone", phone),
  of("card", card),
  of("iban", iban),
  of("ip", ip),
];

/** `count` samples of one kind, the same in every run. */
export function sample(kind: fc.Arbitrary<Planted>, count: number): Planted[] {
  return fc.sample(kind, { seed: 20_261_123, numRuns: count });
}
