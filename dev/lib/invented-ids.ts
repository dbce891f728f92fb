/** Invented numbers whose check digits fit, worked out apart from the checks in src/guards. */
export type Chance = () => number;

export const pick = <T>(chance: Chance, items: readonly T[]): T => items[Math.floor(chance() * items.length)] as T;
export const digits = (chance: Chance, count: number) =>
  Array.from({ length: count }, () => Math.floor(chance() * 10)).join("");
export const between = (chance: Chance, from: number, to: number) => from + Math.floor(chance() * (to - from + 1));
export const two = (value: number) => String(value).padStart(2, "0");
const letters = (chance: Chance, count: number, of = "ABCDEFGHIJKLMNOPQRSTUVWXYZ") =>
  Array.from({ length: count }, () => pick(chance, [...of])).join("");

/** The first of all endings with which a number fits. */
function fitting(endings: Iterable<string>, fits: (ending: string) => boolean): string {
  for (const ending of endings) if (fits(ending)) return ending;
  throw new Error("no ending fits");
}

const TEN = [..."0123456789"];
const luhn = (number: string) =>
  [...number]
    .reverse()
    .reduce((sum, one, i) => sum + (i % 2 ? ([0, 2, 4, 6, 8, 1, 3, 5, 7, 9][Number(one)] ?? 0) : Number(one)), 0) %
    10 ===
  0;
const dot = (number: string, weights: readonly number[]) =>
  weights.reduce((sum, weight, i) => sum + weight * Number(number[i]), 0);

export function inventCard(chance: Chance): string {
  const body = `${pick(chance, ["4", "51", "55", "2221", "6011"])}${digits(chance, 15)}`.slice(0, 15);
  const number = body + fitting(TEN, (end) => luhn(body + end));
  return number.replace(/.{4}(?=.)/g, `$&${pick(chance, ["", " ", "-"])}`);
}

const BBAN: Readonly<Record<string, (chance: Chance) => string>> = {
  DE: (chance) => digits(chance, 18),
  FR: (chance) => digits(chance, 23),
  ES: (chance) => digits(chance, 20),
  IT: (chance) => letters(chance, 1) + digits(chance, 22),
  GB: (chance) => letters(chance, 4) + digits(chance, 14),
  NL: (chance) => letters(chance, 4) + digits(chance, 10),
  AT: (chance) => digits(chance, 16),
  BR: (chance) => `${digits(chance, 23)}${letters(chance, 1)}${digits(chance, 1)}`,
  PL: (chance) => digits(chance, 24),
};

export function inventIban(chance: Chance): string {
  const country = pick(chance, Object.keys(BBAN));
  const account = BBAN[country]?.(chance) ?? "";
  const number = BigInt([...`${account}${country}00`].map((one) => Number.parseInt(one, 36)).join(""));
  const iban = `${country}${two(Number(98n - (number % 97n)))}${account}`;
  return pick(chance, [iban, iban.replace(/.{4}(?=.)/g, "$& "), iban.replace(/.{4}(?=.)/g, "$& ").toLowerCase()]);
}

const date = (chance: Chance) => `${digits(chance, 2)}${two(between(chance, 1, 12))}${two(between(chance, 1, 28))}`;

const IDS: readonly ((chance: Chance) => string)[] = [
  (chance) => {
    const number = digits(chance, 8);
    return `${number}${pick(chance, ["", "-"])}${"TRWAGMYFPDXBNJZSQVHLCKE"[Number(number) % 23]}`;
  },
  (chance) => {
    const [first, number] = [pick(chance, [0, 1, 2]), digits(chance, 7)];
    return `${"XYZ"[first]}${number}${"TRWAGMYFPDXBNJZSQVHLCKE"[Number(`${first}${number}`) % 23]}`;
  },
  (chance) => {
    const body = `${letters(chance, 6, "BCDFGLMNPRSTV")}${digits(chance, 2)}${letters(chance, 1, "ABCDEHLMPRST")}${two(between(chance, 1, 28))}${letters(chance, 1, "ABCDEFGHL")}${digits(chance, 3)}`;
    const odd: Record<string, number> = {
      0: 1,
      1: 0,
      2: 5,
      3: 7,
      4: 9,
      5: 13,
      6: 15,
      7: 17,
      8: 19,
      9: 21,
      A: 1,
      B: 0,
      C: 5,
      D: 7,
      E: 9,
      F: 13,
      G: 15,
      H: 17,
      I: 19,
      J: 21,
      K: 2,
      L: 4,
      M: 18,
      N: 20,
      O: 11,
      P: 3,
      Q: 6,
      R: 8,
      S: 12,
      T: 14,
      U: 16,
      V: 10,
      W: 22,
      X: 25,
      Y: 24,
      Z: 23,
    };
    const sum = [...body].reduce(
      (total, one, i) => total + (i % 2 ? Number.parseInt(one, 36) - (one > "9" ? 10 : 0) : (odd[one] ?? 0)),
      0,
    );
    return body + String.fromCharCode(65 + (sum % 26));
  },
  (chance) => {
    // A tax id: one of its first ten digits comes twice, and one not at all.
    const shift = between(chance, 1, 9);
    const order = TEN.map((one) => (Number(one) * pick(chance, [3, 7, 9]) + shift) % 10);
    const distinct = [...new Set(order), ...TEN.map(Number)].filter((one, i, all) => all.indexOf(one) === i);
    const first = distinct.findIndex((one) => one !== 0);
    const turned = [...distinct.slice(first), ...distinct.slice(0, first)];
    const body = [...turned.slice(0, 9), turned[between(chance, 1, 8)]].join("");
    let rest = 10;
    for (const one of body) rest = (2 * ((Number(one) + rest) % 10 === 0 ? 10 : (Number(one) + rest) % 10)) % 11;
    const id = `${body}${rest === 1 ? 0 : 11 - rest}`;
    return pick(chance, [id, id.replace(/^(..)(...)(...)(...)$/, "$1 $2 $3 $4")]);
  },
  (chance) => {
    const body = `${pick(chance, ["1", "2"])}${digits(chance, 2)}${two(between(chance, 1, 12))}${two(between(chance, 1, 95))}${digits(chance, 6)}`;
    const key = two(97 - Number(BigInt(body) % 97n));
    return pick(chance, [
      `${body}${key}`,
      `${body.replace(/^(.)(..)(..)(..)(...)(...)$/, "$1 $2 $3 $4 $5 $6")} ${key}`,
    ]);
  },
  (chance) => {
    const body = digits(chance, 9);
    const first = ((dot(body, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
    const second = ((dot(`${body}${first}`, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10;
    return `${body.replace(/^(...)(...)(...)$/, "$1.$2.$3")}-${first}${second}`;
  },
  (chance) => {
    const body = date(chance) + digits(chance, 4);
    return `PESEL ${body}${(10 - (dot(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10}`;
  },
  (chance) => {
    const body = date(chance) + digits(chance, 3);
    return `${body.slice(0, 6)}-${body.slice(6)}${fitting(TEN, (end) => luhn(body + end))}`;
  },
  (chance) => {
    const body = digits(chance, 7);
    const end = fitting(
      Array.from({ length: 100 }, (_, i) => two(i)),
      (last) => dot(`${body}${last}`, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
    );
    return `BSN ${body}${end}`;
  },
  (chance) => `${between(chance, 100, 665)}-${two(between(chance, 1, 99))}-${between(chance, 1000, 9999)}`,
];

/** The id alone, with the word that has to stand before some of them. */
export function inventId(chance: Chance): string {
  return pick(chance, IDS)(chance);
}
