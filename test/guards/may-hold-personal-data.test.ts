import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mayHoldPersonalData } from "../../src/guards/may-hold-personal-data.ts";
import { PERSONAL_DATA_KINDS } from "../../src/guards/personal-data/kinds.ts";
import { findPersonalData } from "../../src/guards/personal-data.ts";

/** IBANs with as few digits as their country allows, with check digits that fit. */
const ibans = fc
  .tuple(
    fc.constantFrom("LC32", "MT31", "KW30", "KZ20", "NO15"),
    fc.array(fc.constantFrom(..."ABCXYZ19"), { minLength: 28 }),
  )
  .map(([country, given]) => {
    const [code, account] = [country.slice(0, 2), given.join("").slice(0, Number(country.slice(2)) - 4)];
    const numbers = [...`${account}${code}00`].map((one) => Number.parseInt(one, 36)).join("");
    return `${code}${String(98n - (BigInt(numbers) % 97n)).padStart(2, "0")}${account}`;
  });
/** Each kind in several languages, each with another way in which it is given away. */
const SAMPLES = [
  "Hi Anna,\n",
  "Sehr geehrte Frau Öztürk,",
  "chère Élodie,",
  "Estimada Lucía:",
  "gentile sig.ra Rossi,",
  "\nBest regards,\nTom Miller",
  "\nMit freundlichen Grüßen\nGudrun",
  "\nÀ bientôt, Chloé",
  "\nsaludos\nrocío",
  "It is done.\n- Tom",
  "my name’s anna and i wait",
  "I’m Tom Miller",
  "C’est Aurélie.",
  "Nom : Dubois",
  "mi hermana Paz",
  "Mr Young",
  "Dr. Weber",
  "12 Main St., Springfield, IL 62704",
  "5 mill lane",
  "Hauptstraße 12, 10115 Berlin",
  "Am Markt 5, 04109 Leipzig",
  "3 bis rue de la Paix",
  "C/Mayor 12",
  "c/ Mayor, 12",
  "Pº de la Castellana 3",
  "p.zza Navona 4",
  "abito in via garibaldi 5",
  "Gran Vía 8",
  "lieu-dit Le Moulin, 24200 Sarlat",
  "PO Box 12",
  "Postfach 1234",
  "born 3/4/80",
  "d.o.b. 1 May 1980",
  "nacida en Sevilla el 3 de mayo de 1980",
  "née le 3 mai 1980",
  "am 3.4.1980 geboren",
  "12345678Z",
  "RSSMRA85T10A562S",
  "AB 12 34 56 C",
  "passport K1234567",
  "Ausweis L01X00T47",
  "078-05-1120",
  "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
  "sk-abcdefghijklmnop1234",
  "xoxb-1234567890-abcdef",
  "Authorization: Bearer abcdefghijklmnop1234",
  "-----BEGIN PRIVATE KEY-----\nabc",
  "https://kim:s3cret!@example.com/",
  "my password is Sommer12!",
  "Kennwort: Sommer",
  "mot de passe, c’est chien22",
  "pin 'abcd'",
  "clave de acceso: sol2luna",
];
const one = (characters: string) => fc.constantFrom(...characters);
const many = (characters: string, maxLength: number) =>
  fc.array(one(characters), { maxLength }).map((all) => all.join(""));
const pieces = fc.oneof(
  ibans,
  ibans.map((iban) => iban.replace(/.{4}(?=.)/g, "$& ").toLowerCase()),
  many("0123456789", 19),
  many("0123456789 -./()+\u00a0\n", 24),
  many("0123456789abcdef::::", 24),
  many("01259....", 15),
  many("٠١٢٣٤٥٦٧٨٩", 19),
  many("４１０９８７６ -", 24),
  fc.tuple(many("aé+._٤４-", 5), one("@＠"), many("ab.é-", 6)).map((parts) => parts.join("")),
  fc.constantFrom(
    "4111111111111111",
    "４１１１ １１１１ １１１１ １１１１",
    "4٤11111111111111",
    "1:2::",
    "::1.2.3.4",
    "1::2",
  ),
  fc.constantFrom(...SAMPLES),
  // Cut and joined anywhere, so that cues stand against letters, marks and ends.
  fc.tuple(fc.constantFrom(...SAMPLES), fc.nat(30), fc.nat(60)).map(([text, from, to]) => text.slice(from, to)),
  fc.constantFrom(...SAMPLES).map((text) => text.toUpperCase()),
  fc.constantFrom("call ", "tel: +", "order ", "é", "電話", "\u00a0", "👋", " ", ".", ":"),
);
const texts = fc.array(pieces, { minLength: 1, maxLength: 4 }).map((all) => all.join(""));

describe("the look for signs of personal data", () => {
  it("never says that there is nothing where a finder finds something", () => {
    const met = new Set<string>();
    fc.assert(
      fc.property(texts, (text) => {
        const found = findPersonalData(text);
        for (const { kind } of found) met.add(kind);
        return found.length === 0 || mayHoldPersonalData(text);
      }),
      { numRuns: 5_000 },
    );
    // Texts without any would prove nothing.
    expect([...met].sort()).toEqual([...PERSONAL_DATA_KINDS].sort());
  });

  it.each([
    ...SAMPLES.filter((text) => findPersonalData(text).length > 0),
    "write to kim@example.org",
    "call +49 30 1234567",
    "call 555-0134 99",
    "it was 192.168.10.24, I think",
    "from 2001:db8::8a2e:370:7334",
    "card ４１１１ １１１１ １１１１ １１１１",
    "رقم ٤١١١١١١١١١١١١١١١",
  ])("lets nothing pass that a finder would find: %s", (text) => {
    expect(mayHoldPersonalData(text)).toBe(true);
  });

  it("is tried on samples that hold something", () => {
    expect(SAMPLES.filter((text) => findPersonalData(text).length === 0)).toEqual([]);
  });

  it.each(["Where is my refund? – “Soon”, says Zoë 🙂", "Order LK-201 of 3.5 kg: late", "それはどこですか"])(
    "spares the finders what holds none: %s",
    (text) => {
      expect(findPersonalData(text)).toEqual([]);
      expect(mayHoldPersonalData(text)).toBe(false);
    },
  );
});
