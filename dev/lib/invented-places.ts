import { between, type Chance, digits, pick } from "./invented-ids.ts";
import type { Language } from "./planted-phrases.ts";

const ADDRESSES: Readonly<Record<Language, ((chance: Chance) => string)[]>> = {
  en: [
    (c) =>
      `${n(c)} ${street(c, "Maple Elm Church Station Victoria Old_Mill King's")} ${pick(c, ["Street", "Road", "Lane", "Ave", "Rd.", "Drive"])}`,
    (c) =>
      `${n(c)} ${street(c, "Maple Willow_Creek Jefferson")} ${pick(c, ["St", "Blvd", "Ct", "Way", "Terrace"])}, Springfield, IL ${digits(c, 5)}`,
    (c) =>
      `Flat ${between(c, 1, 9)}, ${n(c)} ${street(c, "Acacia Holloway")} ${pick(c, ["Gardens", "Close", "Crescent"])}, Leeds LS${between(c, 1, 9)} 4DY`,
    (c) => `${n(c)} N. ${between(c, 2, 99)}th St, Apt ${between(c, 1, 40)}B, Phoenix, AZ ${digits(c, 5)}`,
    (c) => `${n(c)} ${street(c, "Harbour Wattle")} Parade, Newtown NSW 2042`,
    (c) => `PO Box ${between(c, 10, 9999)}`,
    (c) => `${n(c)} ${pick(c, ["maple street", "old church road", "mill lane"])}`,
    (c) => `The Old Vicarage, ${n(c)} ${street(c, "Bridge High")} Street\nOxford\nOX1 2JD`,
    (c) => `${n(c)} Broadway`,
  ],
  de: [
    (c) =>
      `${pick(c, ["Haupt", "Bahnhof", "Goethe", "Schiller"])}${pick(c, ["straße", "strasse", "str.", "allee"])} ${n(c)}`,
    (c) =>
      `${pick(c, ["Berliner Straße", "Lange Gasse", "Alter Weg", "Kurt-Schumacher-Straße"])} ${n(c)}${pick(c, ["", "a", " b"])}, ${digits(c, 5)} ${pick(c, ["Köln", "Bad Homburg", "Frankfurt am Main"])}`,
    (c) => `Am ${pick(c, ["Markt", "Sonnenhang", "Alten Hafen"])} ${n(c)}, ${digits(c, 5)} Leipzig`,
    (c) => `${pick(c, ["Rosenweg", "Lindenplatz", "Kurfürstendamm", "Mühlgraben"])} ${n(c)}\n${digits(c, 5)} Hamburg`,
    (c) => `${pick(c, ["Mariahilfer Straße", "Schottenring"])} ${n(c)}/12, A-1070 Wien`,
    (c) => `Unter den Linden ${n(c)}`,
    (c) => `Postfach ${digits(c, 4)}`,
  ],
  fr: [
    (c) => `${n(c)} rue ${pick(c, ["de la République", "Victor Hugo", "des Lilas", "du Général de Gaulle"])}`,
    (c) =>
      `${n(c)}${pick(c, [" bis", ", ", "ter "])} ${pick(c, ["avenue", "boulevard", "impasse", "chemin"])} ${pick(c, ["Jean Jaurès", "des Acacias", "de l'Église"])}, ${digits(c, 5)} ${pick(c, ["Lyon", "Saint-Étienne", "Le Mans"])}`.replace(
        ",  ",
        ", ",
      ),
    (c) => `${n(c)}, place d'Italie, 75013 Paris`,
    (c) => `${n(c)} bd Voltaire\n75011 Paris`,
    (c) => `Résidence Les Pins, ${n(c)} allée des Chênes, 13009 Marseille`,
    (c) => `${n(c)} quai des Brumes`,
    () => "lieu-dit Le Moulin, 24200 Sarlat",
  ],
  es: [
    (c) => `Calle ${pick(c, ["Mayor", "de Alcalá", "San Juan", "Doctor Fleming"])} ${n(c)}`,
    (c) =>
      `C/ ${pick(c, ["Mayor", "del Pez", "Santa Ana"])}, ${n(c)}, ${between(c, 1, 9)}º ${pick(c, ["A", "izq", "dcha"])}, ${digits(c, 5)} ${pick(c, ["Madrid", "San Sebastián", "Zaragoza"])}`,
    (c) => `Avenida de ${pick(c, ["la Constitución", "América", "los Reyes Católicos"])}, nº ${n(c)}`,
    (c) => `Plaza ${pick(c, ["España", "del Carmen"])} ${n(c)}, ${digits(c, 5)} Sevilla`,
    (c) => `Pº de la Castellana ${n(c)}, 28046 Madrid`,
    (c) => `calle mayor ${n(c)}`,
    (c) => `Gran Vía ${n(c)}`,
  ],
  it: [
    (c) => `Via ${pick(c, ["Roma", "Giuseppe Garibaldi", "dei Mille", "XX Settembre"])} ${n(c)}`,
    (c) =>
      `${pick(c, ["Via", "Viale", "Corso"])} ${pick(c, ["Dante", "della Repubblica", "Vittorio Emanuele II"])}, ${n(c)}, ${digits(c, 5)} ${pick(c, ["Milano (MI)", "Reggio Emilia", "Torino TO"])}`,
    (c) => `Piazza ${pick(c, ["Navona", "del Duomo"])} n. ${n(c)} - ${digits(c, 5)} Roma`,
    (c) => `Vicolo ${pick(c, ["Stretto", "del Gallo"])} ${n(c)}/A`,
    (c) => `via garibaldi ${n(c)}`,
    (c) => `Loc. Pian di Sotto ${n(c)}, 53100 Siena`,
    (c) => `Strada Statale 16 km ${n(c)}`,
  ],
};

const n = (chance: Chance) => String(between(chance, 1, chance() < 0.2 ? 1999 : 140));
const street = (chance: Chance, names: string) => pick(chance, names.split(" ")).replaceAll("_", " ");

export const inventAddress = (chance: Chance, language: Language) => pick(chance, ADDRESSES[language])(chance);

const ALPHABET = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"];
const text = (chance: Chance, count: number, of = ALPHABET) =>
  Array.from({ length: count }, () => pick(chance, of)).join("");

const MARKED_SECRETS: readonly ((chance: Chance) => string)[] = [
  (c) => `sk-${pick(c, ["", "proj-", "ant-api03-"])}${text(c, 40)}`,
  (c) => `ghp_${text(c, 36)}`,
  (c) => `github_pat_${text(c, 22)}_${text(c, 59)}`,
  (c) => `AKIA${text(c, 16, ALPHABET.slice(0, 26))}`,
  (c) => `xoxb-${digits(c, 12)}-${digits(c, 12)}-${text(c, 24)}`,
  (c) => `sk_live_${text(c, 24)}`,
  (c) => `AIza${text(c, 35)}`,
  (c) => `glpat-${text(c, 20)}`,
  (c) => `eyJ${text(c, 33)}.eyJ${text(c, 60)}.${text(c, 43)}`,
  (c) => `-----BEGIN RSA PRIVATE KEY-----\n${text(c, 64)}\n${text(c, 64)}\n-----END RSA PRIVATE KEY-----`,
  (c) => `Bearer ${text(c, 20)}7${text(c, 20)}`,
];

export const inventSecret = (chance: Chance) => pick(chance, MARKED_SECRETS)(chance);

/** What people take for passwords. */
export const inventPassword = (chance: Chance) =>
  pick(chance, [
    `Sommer${digits(chance, 4)}!`,
    `${text(chance, 10)}`,
    `hunter${digits(chance, 1)}x`,
    `correct-horse-${digits(chance, 2)}`,
    `P@ss${text(chance, 4)}`,
    `fluffybunny`,
  ]);
