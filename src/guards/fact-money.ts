import { anyOf, byName, type FactKeys, type FactText, NUMBER, numberValues } from "./fact-text.ts";

// Which family a currency sign or word belongs to: "$" may be any dollar, so it meets USD and AUD alike.
const FAMILIES: Readonly<Record<string, string>> = {
  dollar:
    "$ usd aud cad nzd sgd hkd twd mxn us$ au$ a$ ca$ c$ nz$ hk$ sg$ s$ nt$ mx$ dollar dollars bucks dólares dolares",
  euro: "€ eur euro euros",
  pound: "£ gbp egp pound pounds quid sterling",
  yen: "¥ jpy cny rmb yen yuan 円 元",
  rupee: "₹ inr rs rs. rupee rupees pkr lkr",
  krone: "kr kr. sek nok dkk isk kronor kroner",
  won: "₩ krw",
  rouble: "₽ rub рублей рубля руб.",
  lira: "₺ try tl lira",
  zloty: "zł pln zloty zlotych złotych",
  koruna: "kč czk",
  franc: "chf francs",
  real: "r$ brl reais",
  shekel: "₪ ils",
  baht: "฿ thb baht",
  dong: "₫ vnd",
  hryvnia: "₴ uah",
  naira: "₦ ngn naira",
  peso: "₱ peso pesos",
  rand: "zar rand",
  forint: "huf",
  leu: "ron",
  dirham: "aed dirham dirhams",
  riyal: "sar riyal riyals",
  cent: "cent cents pence",
};
const FAMILY_OF = byName(Object.entries(FAMILIES));
// Names that tell the country too: "1200 USD" is not "1200 AUD".
const COUNTRY_DOLLARS = byName([
  ["usd", "us$"],
  ["aud", "au$ a$"],
  ["cad", "ca$ c$"],
  ["nzd", "nz$"],
  ["hkd", "hk$"],
  ["sgd", "sg$ s$"],
  ["twd", "nt$"],
  ["mxn", "mx$"],
]);
const CURRENCY = anyOf(FAMILY_OF.keys());
// Three letters are an ISO 4217 code here; the other names are signs and words of other lengths.
const CODE = /^[a-z]{3}$/;
const SCALES = byName([
  [1e3, "k thousand"],
  [1e6, "m mn mio million"],
  [1e9, "bn billion"],
]);
const SCALE = `(?:\\s?${anyOf(SCALES.keys())}(?![\\p{L}\\d]))?`;
// Codes that are words too ("try 3 times", "php 8") count in capitals only; these few are typed small as well.
const SMALL_CODES = new Set(["usd", "eur", "gbp", "aud", "cad", "nzd", "sgd", "inr", "jpy", "chf"]);
const CURRENCY_FIRST = new RegExp(`(?<![\\p{L}\\d])${CURRENCY}\\s?(${NUMBER})${SCALE}`, "giu");
const CURRENCY_LAST = new RegExp(`(${NUMBER})${SCALE}[\\s-]?${CURRENCY}(?![\\p{L}\\d])`, "giu");

/** Takes sums of money: sign, code or word before or after the number, thousands and millions in words. */
export function takeMoney(text: FactText): void {
  text.take("amount", CURRENCY_FIRST, ([, currency, number, scale]) => moneyKeys(currency, number, scale));
  text.take("amount", CURRENCY_LAST, ([, number, scale, currency]) => moneyKeys(currency, number, scale));
}

function moneyKeys(currency = "", number = "", scale: string | undefined): FactKeys | undefined {
  const name = currency.toLowerCase();
  if (CODE.test(name) && currency !== currency.toUpperCase() && !SMALL_CODES.has(name)) return undefined;
  const family = FAMILY_OF.get(name) ?? name;
  const country = COUNTRY_DOLLARS.get(name) ?? (CODE.test(name) ? name : undefined);
  const values = numberValues(number).map((value) => value * (SCALES.get(scale?.toLowerCase() ?? "") ?? 1));
  if (family === "cent") {
    const needs = values.flatMap((value) => [[`cent:${value}`], [`money:${value / 100}`], [`bare:${value}`]]);
    return { gives: values.flatMap((value) => [`cent:${value}`, `value:${value}`, `cents:${value / 100}`]), needs };
  }
  const gives = values.flatMap((value) => [
    `${family}:${value}`,
    country === undefined ? `any ${family}:${value}` : `${country}:${value}`,
    `money:${value}`,
    `value:${value}`,
  ]);
  const needs = values.flatMap((value) => [
    ...(country === undefined ? [[`${family}:${value}`]] : [[`${country}:${value}`], [`any ${family}:${value}`]]),
    [`cents:${value}`],
    [`bare:${value}`],
  ]);
  return { gives, needs };
}
