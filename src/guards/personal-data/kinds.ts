/** Kinds of personal data; a placeholder names one in capitals. */
export const PERSONAL_DATA_KINDS = [
  "secret",
  "email",
  "iban",
  "id",
  "card",
  "ip",
  "birth_date",
  "phone",
  "address",
  "name",
] as const;

export type PersonalDataKind = (typeof PERSONAL_DATA_KINDS)[number];

/** A piece of personal data found in a text; `start` and `end` count UTF-16 units. */
export interface Found {
  /** The value in one spelling, so that two spellings of it are known to be the same. */
  value: string;
  start: number;
  end: number;
}

/** Looks for one kind of personal data. */
export interface Finder {
  kind: PersonalDataKind;
  /** Where neither this matches nor `cue` is met, `find` finds nothing. Many times quicker than it. No flags but "u". */
  sign?: RegExp;
  /** Words that give a piece away, and whether one that begins at an index does. */
  cue?: { words: string; at: (text: string, index: number) => boolean };
  /** What is found does not overlap and is in the order of the text. Linear in its length, whatever the text. */
  find: (text: string) => Found[];
}

/** The names of kinds in placeholders, as a pattern. */
export const PLACEHOLDER_NAMES = PERSONAL_DATA_KINDS.map((kind) => kind.toUpperCase()).join("|");

/** What stands in a redacted text in place of personal data: its kind and number. */
export const PLACEHOLDER = new RegExp(String.raw`\[(${PLACEHOLDER_NAMES})_(\d{1,6})\]`, "g");

/** A piece found at `start`, as it is written there and in its one spelling. */
export function found(start: number, raw: string, value: string): Found {
  return { value, start, end: start + raw.length };
}
