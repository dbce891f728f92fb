import { redact } from "../corrections/guards/personal-data.ts";
import type { ExportFormat } from "../db/schema.ts";
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

/** An IPv4 address has at least four digits and three dots; an IPv6 address at least two colons. */
const IP = { digits: 4, dots: 3, colons: 2 };

/**
 * False only for texts in which no finder can find anything: they have too few digits and no sign of an address.
 * A look at each character costs a hundredth of the finders' patterns, and most messages end here.
 */
export function mayHoldPersonalData(text: string): boolean {
  let digits = 0;
  let dots = 0;
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) digits++;
    else if (code === 46) dots++;
    else if (code === 58) colons++;
    // An at sign; or digits of another script, some of which the card finder counts.
    else if (code === 64 || (code >= 0x660 && OTHER_DIGIT.test(text.charAt(i)))) return true;
    if (digits >= FEWEST_DIGITS) return true;
  }
  return (digits >= IP.digits && dots >= IP.dots) || colons >= IP.colons;
}

const OTHER_DIGIT = /\p{Nd}|[\ud835\ud801-\ud83e]/u;
