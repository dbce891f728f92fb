import { passesLuhn } from "./luhn.ts";

/** The checks of national ids, each on the id without spaces and marks, in capitals. */

/** Spain, DNI and NIE: the letter is the number modulo 23; X, Y, Z of a NIE count as 0, 1, 2. */
export function isSpanishId(id: string): boolean {
  const number = Number(id.slice(0, -1).replace(/^[XYZ]/, (letter) => String("XYZ".indexOf(letter))));
  return "TRWAGMYFPDXBNJZSQVHLCKE".charAt(number % 23) === id.at(-1);
}

const ODD_PLACE = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/** Italy, codice fiscale (decree of 23 December 1976): letters count as their place, in odd places by a table. */
export function isCodiceFiscale(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const char = id.charCodeAt(i);
    const place = char < 58 ? char - 48 : char - 65;
    sum += i % 2 === 0 ? (ODD_PLACE[place] ?? 0) : place;
  }
  return sum % 26 === id.charCodeAt(15) - 65;
}

/** Germany, tax id (ISO 7064, mod 11, 10): of its first ten digits one comes twice or three times, the others once. */
export function isSteuerId(id: string): boolean {
  const counts = new Map<string, number>();
  for (const digit of id.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const repeated = [...counts.values()].filter((count) => count > 1);
  if (id.startsWith("0") || repeated.length !== 1 || (repeated[0] ?? 0) > 3) return false;
  let product = 10;
  for (const digit of id.slice(0, 10)) product = (((Number(digit) + product) % 10 || 10) * 2) % 11;
  return (11 - product) % 10 === Number(id.at(-1));
}

/** France, NIR: the key is 97 less the number modulo 97; Corsica's 2A and 2B count as 19 and 18. */
export function isNir(id: string): boolean {
  const number = id.slice(0, 13).replace("2A", "19").replace("2B", "18");
  return 97 - (Number(number) % 97) === Number(id.slice(13));
}

/** The Netherlands, BSN: the eleven test. */
export function isBsn(id: string): boolean {
  return id !== "000000000" && weighted(id, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;
}

/** Brazil, CPF: two check digits modulo 11. */
export function isCpf(id: string): boolean {
  const check = (length: number) => {
    const weights = Array.from({ length }, (_, i) => length + 1 - i);
    return ((weighted(id, weights) * 10) % 11) % 10;
  };
  return !/^(\d)\1*$/.test(id) && check(9) === Number(id[9]) && check(10) === Number(id[10]);
}

/** Poland, PESEL: a date of birth, the century in its month, and a check digit. */
export function isPesel(id: string): boolean {
  const month = Number(id.slice(2, 4));
  const isDate = month % 20 >= 1 && month % 20 <= 12 && isDay(id.slice(4, 6));
  return isDate && weighted(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0;
}

/** Sweden, personnummer: a date of birth (60 more in the day of a coordination number), then Luhn on its ten digits. */
export function isPersonnummer(id: string): boolean {
  const short = id.slice(-10);
  const day = Number(short.slice(4, 6)) % 60;
  return isMonth(short.slice(2, 4)) && isDay(String(day)) && passesLuhn(short);
}

/** Belgium, national register number: 97 less the number modulo 97, with a 2 before it for who was born from 2000 on. */
export function isBelgianId(id: string): boolean {
  const check = Number(id.slice(9));
  const birth = isDay(id.slice(4, 6)) || id.slice(4, 6) === "00";
  return birth && [id.slice(0, 9), `2${id.slice(0, 9)}`].some((number) => 97 - (Number(number) % 97) === check);
}

/** Switzerland, AHV number: the check digit of an EAN-13. */
export function isAhv(id: string): boolean {
  return weighted(id, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0;
}

/** United States, SSN: no check digit, but areas, groups and serials that are never given. */
export function isSsn(id: string): boolean {
  return /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(id);
}

function weighted(id: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, i) => sum + weight * Number(id[i]), 0);
}

function isMonth(text: string): boolean {
  return Number(text) >= 1 && Number(text) <= 12;
}

function isDay(text: string): boolean {
  return Number(text) >= 1 && Number(text) <= 31;
}
