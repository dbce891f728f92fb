import { between, type Chance, digits, pick, two } from "./invented-ids.ts";
import type { Language } from "./planted-phrases.ts";

const words = (list: string) => list.split(" ");

const FIRST: Readonly<Record<Language, string[]>> = {
  en: words("Tom Anna Emily Oliver Priya Kwame Siobhan Will Grace Mark Aisha Liam Mary-Ann Mohammed Chloe Rose"),
  de: words("Jürgen Sabine Lukas Hannelore Anke Björn Çiğdem Uwe Karl-Heinz Mareike Detlef Gudrun Jonas Svetlana"),
  fr: words("Élodie Jean-Pierre Camille Aurélie Thibault Océane Mamadou Chantal Gaëlle Luc Margaux Fatou Étienne"),
  es: words("Íñigo Lucía José Guadalupe Begoña Javier Ximena Andrés Pilar Rocío Álvaro Nuria Yolanda Paz"),
  it: words("Giulia Niccolò Francesca Luca Annalisa Salvatore Chiara Davide Rosa Gennaro Ludovica Elisabetta"),
};
const LAST: Readonly<Record<Language, string[]>> = {
  en: words("Miller O'Brien Okafor Patel Whitcombe Smith-Jones McAllister Baker Thornbury Nguyen Young Hargreaves"),
  de: words("Müller Schröder Öztürk Weißkopf Bauer Hinterhuber Lindqvist Schmidt-Rottmann Krause Zielinski"),
  fr: words("Dubois Lefèvre N'Diaye Charpentier Beauchêne Moreau D'Hautefeuille Petit Rousselet Traoré"),
  es: words("García Zabaleta Núñez Echeverría Villalobos Ibáñez Quiroga Domínguez Peñalver Ortuño"),
  it: words("Rossi Bevilacqua D'Angelo Ferraris Colaiacovo Esposito Zanetti Mastroianni Fontanarosa"),
};
const MIDDLE: Readonly<Record<Language, string[]>> = {
  en: ["J. ", "Anne "],
  de: ["von ", "von der "],
  fr: ["de ", "de la "],
  es: ["de la ", "María "],
  it: ["Maria ", "De "],
};

/** A first name, a last name, or both; some with particles and initials, few in capitals or small letters. */
export function inventName(chance: Chance, language: Language): string {
  const [first, last] = [pick(chance, FIRST[language]), pick(chance, LAST[language])];
  const middle = chance() < 0.12 ? pick(chance, MIDDLE[language]) : "";
  const second = language === "es" && chance() < 0.4 ? ` ${pick(chance, LAST.es)}` : "";
  return `${first} ${middle}${last}${second}`;
}

export const firstName = (chance: Chance, language: Language) => pick(chance, FIRST[language]);
export const lastName = (chance: Chance, language: Language) => pick(chance, LAST[language]);

export function inventEmail(chance: Chance, language: Language): string {
  const plain = (name: string) =>
    name
      .normalize("NFKD")
      .replace(/[^A-Za-z]/g, "")
      .toLowerCase();
  const [first, last] = [plain(firstName(chance, language)), plain(lastName(chance, language))];
  const local = pick(chance, [
    `${first}.${last}`,
    `${first}${digits(chance, 2)}`,
    `${first}_${last}`,
    `${first}+shop`,
    last.toUpperCase(),
  ]);
  return `${local}@${pick(chance, ["example.com", "mail.example.org", "kunden-post.example", "uni.example.ac.uk", "web.example.de"])}`;
}

const MONTHS: Readonly<Record<Language, string[]>> = {
  en: words("January February March April May June July August September October November December"),
  de: words("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
  fr: words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
  es: words("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
  it: words("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
};

export function inventBirthDate(chance: Chance, language: Language): string {
  const [year, month, day] = [between(chance, 1930, 2008), between(chance, 1, 12), between(chance, 1, 28)];
  const name = MONTHS[language][month - 1] ?? "";
  const short = [
    `${two(day)}/${two(month)}/${year}`,
    `${year}-${two(month)}-${two(day)}`,
    `${day}/${month}/${two(year % 100)}`,
    `${two(day)}.${two(month)}.${year}`,
  ];
  const long: Readonly<Record<Language, string[]>> = {
    en: [
      `${day} ${name} ${year}`,
      `${name} ${day}, ${year}`,
      `${day}th of ${name} ${year}`,
      `${name.slice(0, 3)} ${day} ${year}`,
    ],
    de: [`${day}. ${name} ${year}`, `${two(day)}.${two(month)}.${two(year % 100)}`],
    fr: [`${day} ${name} ${year}`, `1er ${name} ${year}`],
    es: [`${day} de ${name} de ${year}`, `${day} ${name} ${year}`],
    it: [`${day} ${name} ${year}`, `1° ${name} ${year}`],
  };
  return pick(chance, [...short, ...long[language], ...long[language]]);
}

const PHONES: Readonly<Record<Language, ((chance: Chance) => string)[]>> = {
  en: [
    (c) => `+1 202 555 01${digits(c, 2)}`,
    (c) => `(202) 555-01${digits(c, 2)}`,
    (c) => `07700 900${digits(c, 3)}`,
    (c) => `+44 20 7946 0${digits(c, 3)}`,
  ],
  de: [
    (c) => `030 23125 ${digits(c, 3)}`,
    (c) => `+49 171 39200${digits(c, 2)}`,
    (c) => `0171/39200${digits(c, 2)}`,
    (c) => `089-99998${digits(c, 3)}`,
  ],
  fr: [
    (c) => `01 99 00 ${digits(c, 2)} ${digits(c, 2)}`,
    (c) => `+33 6 39 98 ${digits(c, 2)} ${digits(c, 2)}`,
    (c) => `06.39.98.${digits(c, 2)}.${digits(c, 2)}`,
  ],
  es: [
    (c) => `612 34 ${digits(c, 2)} ${digits(c, 2)}`,
    (c) => `+34 91 123 ${digits(c, 2)} ${digits(c, 2)}`,
    (c) => `6123${digits(c, 5)}`,
  ],
  it: [(c) => `339 12${digits(c, 5)}`, (c) => `+39 06 1234 ${digits(c, 4)}`, (c) => `02 1234${digits(c, 4)}`],
};

export const inventPhone = (chance: Chance, language: Language) => pick(chance, PHONES[language])(chance);

const hex = (chance: Chance) => between(chance, 0, 65535).toString(16);

export function inventIp(chance: Chance): string {
  const part = () => between(chance, 1, 254);
  return pick(chance, [
    `203.0.${part()}.${part()}`,
    `${between(chance, 1, 126)}.${part()}.${part()}.${part()}`,
    `2001:db8:${hex(chance)}:${hex(chance)}:${hex(chance)}:${hex(chance)}:${hex(chance)}:${hex(chance)}`,
    `2001:db8::${hex(chance)}:${hex(chance)}`,
    `fe80::${hex(chance)}:${hex(chance)}:${hex(chance)}`,
    `::ffff:${part()}.${part()}.${part()}.${part()}`,
    `2001:DB8::${hex(chance).toUpperCase()}:1`,
  ]);
}
