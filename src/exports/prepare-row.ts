import type { ExportFormat } from "../db/schema/exports.ts";
import { redact } from "../guards/personal-data.ts";
import type { NotExportable } from "../improvements/is-exportable.ts";
import { isOverLong } from "./estimate-tokens.ts";
import { isPreference, type TrainingRow } from "./formats.ts";
import type { Scanned, TextScanner } from "./scan-texts.ts";

/** Why a row is not in the files. */
export type SkipReason = NotExportable | "empty" | "over_long" | "duplicate" | "same_reply";

export interface Prepared {
  row: TrainingRow;
  /** Personal data was found in it. */
  personal: boolean;
  /** It held half a character. */
  repaired: boolean;
  /** Hashes of the texts as they are in `row`. */
  scanned: Scanned;
}

/**
 * The last look at a row before it becomes a line: half characters are repaired, personal data is replaced where
 * `redacting`, and what a trainer would refuse is told by its reason.
 */
export function prepareRow(
  given: TrainingRow,
  { format, redacting, scanner }: { format: ExportFormat; redacting: boolean; scanner: TextScanner },
): Prepared | SkipReason {
  const { texts, repaired } = repair([given.prompt, given.preferred, isPreference(format) ? given.original : ""]);
  let [prompt = "", preferred = "", original = ""] = texts;
  let scanned = scanner.scan(prompt, preferred, original);
  const redaction = scanned.mayHoldPersonalData ? redact(texts) : null;
  const personal = redaction !== null && redaction.found.length > 0;
  if (personal && redacting) {
    [prompt = "", preferred = "", original = ""] = redaction.texts;
    scanned = scanner.scan(prompt, preferred, original);
  }
  const row = { system: given.system, prompt, preferred, original };
  if (prompt.trim() === "" || preferred.trim() === "") return "empty";
  if (isPreference(format)) {
    if (original.trim() === "") return "empty";
    if (original.trim() === preferred.trim()) return "same_reply";
  }
  if (isOverLong([row.system ?? "", prompt, preferred, original])) return "over_long";
  return { row, personal, repaired, scanned };
}

function repair(texts: string[]): { texts: string[]; repaired: boolean } {
  if (texts.every((text) => text.isWellFormed())) return { texts, repaired: false };
  return { texts: texts.map((text) => text.toWellFormed()), repaired: true };
}
