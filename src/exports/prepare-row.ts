import type { ExportFormat } from "../db/schema/exports.ts";
import { redact } from "../guards/personal-data.ts";
import type { NotExportable } from "../improvements/is-exportable.ts";
import { isOverLong } from "./estimate-tokens.ts";
import { isPreference, type TrainingRow } from "./formats.ts";
import { mayHoldPersonalData } from "./may-hold-personal-data.ts";

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
 * The last look at a row before it becomes a line: half characters are repaired and, where `redacting`, personal data
 * is replaced.
 * @returns the reason where a trainer would refuse the line
 */
export function prepareRow(
  given: TrainingRow,
  { format, redacting }: { format: ExportFormat; redacting: boolean },
): Prepared | SkipReason {
  const asGiven = [given.prompt, given.preferred, isPreference(format) ? given.original : ""];
  const repaired = !asGiven.every((text) => text.isWellFormed());
  const texts = repaired ? asGiven.map((text) => text.toWellFormed()) : asGiven;
  const redaction = texts.some(mayHoldPersonalData) ? redact(texts) : null;
  const personal = redaction !== null && redaction.found.length > 0;
  const [prompt = "", preferred = "", original = ""] = personal && redacting ? redaction.texts : texts;
  if (prompt.trim() === "" || preferred.trim() === "") return "empty";
  if (isPreference(format)) {
    if (original.trim() === "") return "empty";
    if (original.trim() === preferred.trim()) return "same_reply";
  }
  const row = { system: given.system, prompt, preferred, original };
  if (isOverLong([row.system ?? "", prompt, preferred, original])) return "over_long";
  return { row, personal, repaired };
}
