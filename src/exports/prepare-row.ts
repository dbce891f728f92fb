import type { ExportFormat } from "../db/schema.ts";
import { redact } from "../guards/personal-data.ts";
import type { NotExportable } from "../improvements/is-exportable.ts";
import { isOverLong } from "./estimate-tokens.ts";
import { isPreference, type TrainingRow } from "./formats.ts";

/** Why a row is not in the files. */
export type SkipReason = NotExportable | "empty" | "over_long" | "duplicate" | "same_reply";

export interface Prepared {
  row: TrainingRow;
  /** Personal data was found in it. */
  personal: boolean;
  /** It held half a character. */
  repaired: boolean;
}

/**
 * The last look at a row before it becomes a line: half characters are repaired, personal data is replaced where
 * `redacting`, and what a trainer would refuse is told by its reason.
 */
export function prepareRow(
  given: TrainingRow,
  { format, redacting }: { format: ExportFormat; redacting: boolean },
): Prepared | SkipReason {
  const { texts, repaired } = repair([given.prompt, given.preferred, isPreference(format) ? given.original : ""]);
  const personal = texts.some(mayHoldPersonalData) && redact(texts);
  const found = personal !== false && personal.found.length > 0;
  const [prompt = "", preferred = "", original = ""] = found && redacting ? personal.texts : texts;
  const row = { system: given.system, prompt, preferred, original };
  if (prompt.trim() === "" || preferred.trim() === "") return "empty";
  if (isPreference(format)) {
    if (original.trim() === "") return "empty";
    if (original.trim() === preferred.trim()) return "same_reply";
  }
  if (isOverLong([row.system ?? "", prompt, preferred, original])) return "over_long";
  return { row, personal: found, repaired };
}

function repair(texts: string[]): { texts: string[]; repaired: boolean } {
  if (texts.every((text) => text.isWellFormed())) return { texts, repaired: false };
  return { texts: texts.map((text) => text.toWellFormed()), repaired: true };
}

/** The shortest phone number the finders know. */
const FEWEST_DIGITS = 7;

/** Dots between digits in an IPv4 address, and colons with no space behind them in an IPv6 address, at least. */
const IP = { dots: 3, colons: 2 };

/**
 * False only for texts in which no finder can find anything: they have too few digits and no sign of an address.
 * A look at each character costs a tenth of the finders' patterns, and most messages end here.
 */
export function mayHoldPersonalData(text: string): boolean {
  let digits = 0;
  let dots = 0;
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Letters and spaces, nearly all there is.
    if (code >= 97 && code <= 122) continue;
    if (code === SPACE) continue;
    if (isDigit(code)) {
      digits++;
      if (digits >= FEWEST_DIGITS) return true;
    } else if (code === DOT) {
      if (isDigit(text.charCodeAt(i - 1)) && isDigit(text.charCodeAt(i + 1))) dots++;
    } else if (code === COLON) {
      if (text.charCodeAt(i + 1) > SPACE) colons++;
    } else if (code === AT || (code >= FIRST_OTHER_DIGIT && OTHER_DIGIT.test(text.charAt(i)))) return true;
  }
  return dots >= IP.dots || colons >= IP.colons;
}

const [SPACE, DOT, COLON, AT] = [32, 46, 58, 64];
const isDigit = (code: number) => code >= 48 && code <= 57;

/** Digits of other scripts, some of which the card finder counts; half a pair may belong to one. */
const FIRST_OTHER_DIGIT = 0x660;
const OTHER_DIGIT = /\p{Nd}|[\ud801-\ud83e]/u;
