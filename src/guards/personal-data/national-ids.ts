import { type Finder, type Found, found } from "./kinds.ts";
import {
  isAhv,
  isBelgianId,
  isBsn,
  isCodiceFiscale,
  isCpf,
  isNir,
  isPersonnummer,
  isPesel,
  isSpanishId,
  isSsn,
  isSteuerId,
} from "./national-id-checks.ts";

/** The id of one country: how it is written, and what its digits must fulfil. */
interface NationalId {
  shape: string;
  isValid: (id: string) => boolean;
  /** Words that must stand shortly before it, where shape and check alone would take other numbers for it. */
  cue?: RegExp;
}

const cueOf = (words: string) =>
  new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${words})(?![\p{L}\p{N}])[^\d\n]{0,24}$`, "iu");
const PASSPORT_WORDS =
  "passport|driv(?:ing|er'?s) licen[cs]e|id(?:entity)? card|reisepass|personalausweis|ausweis|passeport|carte d'identité|pasaporte|passaporto|carta d'identità|passnummer|paspoort";
const CUE_WINDOW = 48;
const always = () => true;

// A spaced or dotted spelling is one shape; where an id has several, the marks are optional together.
const NATIONAL_IDS: readonly NationalId[] = [
  { shape: String.raw`\d{8}[ -]?[A-HJ-NP-TV-Z]|\d{2}\.\d{3}\.\d{3}[ -]?[A-HJ-NP-TV-Z]`, isValid: isSpanishId },
  { shape: String.raw`[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]`, isValid: isSpanishId },
  {
    shape: String.raw`[A-Za-z]{3} ?[A-Za-z]{3} ?\d{2}[A-EHLMPRSTa-ehlmprst]\d{2} ?[A-Za-z]\d{3} ?[A-Za-z]`,
    isValid: isCodiceFiscale,
  },
  { shape: String.raw`\d{2} \d{3} \d{3} \d{3}|\d{11}`, isValid: isSteuerId },
  {
    shape: String.raw`[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?\d{2}`,
    isValid: isNir,
  },
  { shape: String.raw`\d{3}\.\d{3}\.\d{3}-\d{2}`, isValid: isCpf },
  { shape: String.raw`\d{11}`, isValid: isCpf, cue: cueOf("cpf") },
  { shape: String.raw`\d{11}`, isValid: isPesel, cue: cueOf("pesel\\p{L}*") },
  { shape: String.raw`(?:\d{2}){3,4}[-+]\d{4}`, isValid: isPersonnummer },
  { shape: String.raw`\d{12}|\d{10}`, isValid: isPersonnummer, cue: cueOf("person(?:nummer|nr)") },
  { shape: String.raw`\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}`, isValid: isBelgianId },
  { shape: String.raw`756\.\d{4}\.\d{4}\.\d{2}|756\d{10}`, isValid: isAhv },
  {
    shape: String.raw`\d{3} ?\d{3} ?\d{3}|\d{4}\.\d{2}\.\d{3}`,
    isValid: isBsn,
    cue: cueOf("bsn|burgerservicenummer|sofinummer"),
  },
  { shape: String.raw`\d{3}-\d{2}-\d{4}`, isValid: isSsn },
  {
    shape: String.raw`\d{3} \d{2} \d{4}|\d{9}`,
    isValid: isSsn,
    cue: cueOf("ssn|social security|social"),
  },
  // United Kingdom, National Insurance number: prefixes that are never given are left out, there is no check digit.
  {
    shape: String.raw`(?!BG|GB|NK|KN|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d{2} \d{2} \d{2} [A-D]`,
    isValid: always,
  },
  {
    shape: String.raw`(?!BG|GB|NK|KN|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]`,
    isValid: always,
    cue: cueOf("nino?|n\\.i\\.|national insurance|insurance"),
  },
  {
    shape: String.raw`(?=[A-Z]{0,3}\d{2}|[A-Z]\d)(?=[A-Z]{0,11}\d[A-Z]{0,8}\d[A-Z]{0,7}\d[A-Z]{0,6}\d)[A-Z0-9]{6,12}`,
    isValid: always,
    cue: cueOf(PASSPORT_WORDS),
  },
];

const SHAPES = NATIONAL_IDS.map(({ shape, ...id }) => ({ ...id, pattern: new RegExp(`^(?:${shape})$`, "u") }));
const ANY = new RegExp(
  String.raw`(?<![\p{L}\p{N}_@#]|\d[.,-]|[+/-])(?:${NATIONAL_IDS.map(({ shape }) => `(?:${shape})(?![\\p{L}\\p{N}_@]|[.,/-]\\d)`).join("|")})`,
  "gu",
);
/** What another number is announced by: an order's or a case's is no id, whatever its check digit says. */
const OTHER_NUMBER =
  /(?:order|invoice|ticket|case|booking|tracking|parcel|serial|sku|part|model|article|isbn|imei|bestellung|auftrag|rechnung|sendung|commande|facture|colis|pedido|factura|envío|ordine|fattura|spedizione)\p{L}{0,10}[.:#]?\s?(?:no|nr|n[°º]|number|num|id|nummer|numéro|número|numero)?[.:#]?\s?(?:is|ist|est|es|è)?[\s:#-]{0,3}$/iu;

/** National ids and tax ids of persons; the value is in capitals, without spaces and marks. */
export function findNationalIds(text: string): Found[] {
  const ids: Found[] = [];
  for (const match of text.matchAll(ANY)) {
    const raw = match[0];
    const id = raw.replace(/[ .+-]/g, "").toUpperCase();
    const before = text.slice(Math.max(0, match.index - CUE_WINDOW), match.index);
    const isId = SHAPES.some(
      ({ pattern, isValid, cue }) =>
        pattern.test(raw) && isValid(id) && (cue === undefined ? !OTHER_NUMBER.test(before) : cue.test(before)),
    );
    if (isId) ids.push(found(match.index, raw, id));
  }
  return ids;
}

export const IDS: Finder = {
  kind: "id",
  // Seven digits with few marks between them, a codice fiscale, a National Insurance number.
  sign: /\d(?:[ .+-]?\d){6}|\d\d[A-Za-z]\d\d ?[A-Za-z]\d{3}|\d(?<=[A-Z]{2} ?\d)\d(?: ?\d\d){2}/u,
  cue: { words: PASSPORT_WORDS, at: (text, index) => PASSPORT.test(text.slice(index, index + CUE_WINDOW)) },
  find: findNationalIds,
};

const PASSPORT = new RegExp(`^(?:${PASSPORT_WORDS})\\P{Nd}{0,40}\\d`, "iu");
