import type { PersonalDataKind } from "../../src/guards/personal-data/kinds.ts";
import { type Chance, inventCard, inventIban, inventId, pick } from "./invented-ids.ts";
import {
  firstName,
  inventBirthDate,
  inventEmail,
  inventIp,
  inventName,
  inventPhone,
  lastName,
} from "./invented-people.ts";
import { inventAddress, inventPassword, inventSecret } from "./invented-places.ts";
import { type Language, PHRASES, type Planting } from "./planted-phrases.ts";

/** A text with one invented piece of personal data in it. */
export interface Plant {
  text: string;
  kind: PersonalDataKind;
  way: Planting | "name by title";
  language: Language;
  start: number;
  end: number;
  /** Nothing in the text gives it away. */
  isHard: boolean;
}

const LANGUAGES = Object.keys(PHRASES.name) as Language[];
// A phrase in which a title stands before the name, where a first name would be odd.
const TITLED = /(?:Mr\.?|Mrs|Herrn?|Frau|Monsieur|Mme|M\.|Sr\.|señora|Sig\.ra|signor) \{\}/;
const FULL_NAME =
  /^(?!.*\^)(?=.*(?:name|nom|nombre|nome|heiße|appelle|llamo|chiamo|from|Kind|freundlich|Cordialement|Distinti|Atentamente))/i;

const INVENT: Readonly<Record<Planting, (chance: Chance, language: Language) => string>> = {
  email: inventEmail,
  iban: inventIban,
  card: inventCard,
  ip: inventIp,
  phone: inventPhone,
  id: inventId,
  birth_date: inventBirthDate,
  secret: inventSecret,
  password: inventPassword,
  address: inventAddress,
  name: inventName,
};

/** The text once for each kind, with a piece of it planted by chance: at its start, at its end or between sentences. */
export function plantInto(text: string, chance: Chance): Plant[] {
  return (Object.keys(PHRASES) as Planting[]).map((way) => {
    const language = pick(chance, LANGUAGES);
    const phrase = pick(chance, PHRASES[way][language]);
    const isHard = phrase.startsWith("?");
    const bare = phrase.replace(/^\?\s?/, "");
    const invented = way === "name" ? nameFor(bare, chance, language) : INVENT[way](chance, language);
    // The word that tells what a number is stands before it, and is no part of it.
    const value = invented.replace(/^(?:PESEL|BSN|Bearer) /, "");
    const said = bare.replace(/^[\^$]/, "").replace("{}", () => invented);
    const at = bare.startsWith("^") ? 0 : bare.startsWith("$") ? text.length : between(text, chance);
    const before = bare.startsWith("$") ? `${text.trimEnd()}\n\n` : text.slice(0, at);
    const after = text.slice(at);
    const start = before.length + said.indexOf(value, said.indexOf(invented));
    const kind: PersonalDataKind = way === "password" ? "secret" : way;
    const gap = bare.startsWith("^") || bare.startsWith("$") ? "" : " ";
    return { text: before + said + gap + after, kind, way, language, start, end: start + value.length, isHard };
  });
}

function nameFor(phrase: string, chance: Chance, language: Language): string {
  if (TITLED.test(phrase)) return chance() < 0.7 ? lastName(chance, language) : inventName(chance, language);
  const isFull = FULL_NAME.test(phrase) ? chance() < 0.8 : chance() < 0.3;
  const name = isFull ? inventName(chance, language) : firstName(chance, language);
  // Some write without capitals, some in nothing but capitals.
  const style = chance();
  return style < 0.06 ? name.toLowerCase() : style < 0.09 ? name.toUpperCase() : name;
}

/** Where one of its sentences ends, or its start. */
function between(text: string, chance: Chance): number {
  const ends = [...text.matchAll(/[.!?]\s+/g)].map((match) => match.index + match[0].length);
  return pick(chance, [0, ...ends]);
}
