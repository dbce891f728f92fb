import { describe, expect, it } from "vitest";
import type { PersonalDataKind } from "../../../src/guards/personal-data/kinds.ts";
import { findPersonalData, redact } from "../../../src/guards/personal-data.ts";

const foundIn = (text: string) => findPersonalData(text).map(({ kind, start, end }) => [kind, text.slice(start, end)]);

/** What stands between ⟦ and ⟧ is to be found, and nothing else. */
const MARKED: readonly (readonly [PersonalDataKind, string])[] = [
  ["address", "I live at ⟦12 Main Street, Springfield, IL 62704⟧."],
  ["address", "Send it to ⟦Flat 3, 221B Baker Street, London NW1 6XE⟧ please"],
  ["address", "it is ⟦5 mill lane⟧ now"],
  ["address", "to ⟦12 Wattle Parade, Newtown NSW 2042⟧"],
  ["address", "⟦PO Box 1234⟧"],
  ["address", "Ich wohne in der ⟦Berliner Str. 5a⟧ seit Mai"],
  ["address", "⟦Hauptstraße 12\n10115 Berlin⟧"],
  ["address", "⟦Am Markt 5, 04109 Leipzig⟧"],
  ["address", "J'habite au ⟦12 bis rue de la Paix, 75002 Paris⟧."],
  ["address", "au ⟦5, avenue des Champs-Élysées⟧"],
  ["address", "Vivo en ⟦C/ Mayor 12, 3º B, 28013 Madrid⟧."],
  ["address", "⟦Calle de Alcalá, nº 45, 28014 Madrid⟧"],
  ["address", "Abito in ⟦Via Roma 10, 20121 Milano (MI)⟧."],
  ["address", "⟦Piazza del Duomo 3⟧"],
  ["id", "DNI ⟦12345678Z⟧"],
  ["id", "NIE ⟦X1234567L⟧"],
  ["id", "codice fiscale ⟦RSSMRA85T10A562S⟧"],
  ["id", "Steuer-ID ⟦86 095 742 719⟧"],
  ["id", "n° ⟦2 55 08 14 168 025 38⟧"],
  ["id", "BSN ⟦111222333⟧"],
  ["id", "CPF ⟦390.533.447-05⟧"],
  ["id", "PESEL: ⟦44051401359⟧"],
  ["id", "personnummer ⟦811228-9874⟧"],
  ["id", "AHV ⟦756.9217.0769.85⟧"],
  ["id", "my SSN is ⟦078-05-1120⟧"],
  ["id", "NI number ⟦AB 12 34 56 C⟧"],
  ["id", "passport no. ⟦K1234567⟧"],
  ["birth_date", "I was born on ⟦3 May 1980⟧."],
  ["birth_date", "DOB: ⟦05/03/1980⟧"],
  ["birth_date", "date of birth ⟦May 3rd, 1980⟧"],
  ["birth_date", "geboren am ⟦3. Mai 1980⟧"],
  ["birth_date", "am ⟦3.5.1980⟧ geboren"],
  ["birth_date", "Geburtsdatum: ⟦03.05.80⟧"],
  ["birth_date", "née le ⟦3 mai 1980⟧"],
  ["birth_date", "Fecha de nacimiento: ⟦3 de mayo de 1980⟧"],
  ["birth_date", "sono nata a Torino il ⟦3 maggio 1980⟧"],
  ["secret", "key ⟦sk-proj-abcdefghijklmnopqrstuvwx⟧ fails"],
  ["secret", "⟦ghp_abcdefghijklmnopqrstuvwxyz0123456789⟧"],
  ["secret", "⟦AKIAIOSFODNN7EXAMPLE⟧."],
  ["secret", "⟦xoxb-123456789012-abcdefABCDEF⟧"],
  ["secret", "Authorization: Bearer ⟦abcdef1234567890.abc⟧"],
  ["secret", "⟦eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl⟧"],
  ["secret", "⟦-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----⟧"],
  ["secret", "https://kim:⟦s3cret⟧@db.internal/x"],
  ["secret", "My password is ⟦Sommer12⟧, thanks"],
  ["secret", "Passwort: ⟦Sommer⟧\n"],
  ["secret", "mot de passe : ⟦chien-bleu-7⟧"],
  ["secret", "mi contraseña es ⟦sol2luna⟧"],
  ["secret", "la mia password è «⟦girasole⟧»"],
  ["secret", "my pin is ⟦4821⟧"],
  ["ip", "from ⟦dead:beef::cafe⟧ again"],
  ["ip", "from ⟦::ffff:203.0.113.9⟧ again"],
  ["ip", "IP:⟦2001:db8::1⟧: refused"],
  ["ip", "http://[⟦2001:db8::8a2e:370:7334⟧]:8080/"],
  ["iban", "a new country ⟦BI4210000100010000332045181⟧"],
];

describe("personal data", () => {
  it.each(MARKED)("an %s is not overlooked: %s", (kind, marked) => {
    const value = marked.slice(marked.indexOf("⟦") + 1, marked.indexOf("⟧"));
    const text = marked.replace(/[⟦⟧]/g, "");
    expect(foundIn(text)).toEqual([[kind, value]]);
    const { texts, values } = redact([text]);
    expect(texts).toEqual([marked.replace(/⟦.*⟧/s, `[${kind.toUpperCase()}_1]`)]);
    expect([...values]).toEqual([[`[${kind.toUpperCase()}_1]`, value]]);
    expect(redact(texts).texts).toEqual(texts);
  });

  it.each([
    "It takes 5 minutes down the road, 3 days on the main road, a 2 way street.",
    "Since 30 March 2020, the way is open. In 2019 North Park was closed.",
    "Supermarkt 24, Parkplatz 5, auf dem Weg 2 Stunden, Bahnhof 3",
    "Via email 24 hours a day, avenue 5, place 3, calle 8.",
    "12345678A and 12.345.678 and X1234567A are no ids, nor is 86 095 742 710.",
    "Order no. 86095742719 and invoice 44051401359, part 078-05-0000.",
    "2020-03-12, 12.03.2020, 1,250,000.00 kr, 12:30:45, v10.15.7, 978-3-16-148410-0",
    "Born in 1980. Babies born on or after 1 January 2020. It was launched on 3 May 1980.",
    "Your password is incorrect. Password: required\nThe password must be 8 characters.",
    "I forgot my password, please reset it. Mein Passwort ist falsch. Contraseña incorrecta.",
    "The bearer of responsibilities-and-duties, task-based work, risk-averse, sk-8 shoes",
    "Foo::Bar, std::string, Face::Feed, 10:20:30, ::1 and fe80",
  ])("what only looks alike is left alone: %s", (text) => {
    expect(foundIn(text)).toEqual([]);
  });

  it("a value does not stay where nothing announces it, once another text did", () => {
    expect(redact(["born on 3 May 1980, passport K1234567", "It says 3 May 1980 and K1234567."]).texts).toEqual([
      "born on [BIRTH_DATE_1], passport [ID_1]",
      "It says [BIRTH_DATE_1] and [ID_1].",
    ]);
  });

  it("two spellings of one value do not become two", () => {
    expect(
      redact(["DNI 12345678-Z, 12 Main St., geb. 03.05.1980", "12345678Z at 12 MAIN ST, born 3 May 1980"]).texts,
    ).toEqual(["DNI [ID_1], [ADDRESS_1], geb. [BIRTH_DATE_1]", "[ID_1] at [ADDRESS_1], born [BIRTH_DATE_1]"]);
  });
});
