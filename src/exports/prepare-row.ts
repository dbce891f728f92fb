import type { ExportFormat } from "../db/schema/exports.ts";
import { withoutPersonalData } from "../guards/without-personal-data.ts";
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
 * The last look at a row before it becomes a line: half characters are repaired and, where `redacting`, personal data
 * is replaced, in the system message too, so that a placeholder means one thing in the whole line.
 * @param names of people, known from the failure's metadata
 * @returns the reason where a trainer would refuse the line
 */
export function prepareRow(
  given: TrainingRow,
  { format, redacting, names }: { format: ExportFormat; redacting: boolean; names: readonly string[] | null },
): Prepared | SkipReason {
  const { system } = given;
  const asGiven = [given.prompt, given.preferred, isPreference(format) ? given.original : "", system ?? ""];
  const repaired = !asGiven.every((text) => text.isWellFormed());
  const texts = repaired ? asGiven.map((text) => text.toWellFormed()) : asGiven;
  const redaction = withoutPersonalData(texts, names);
  const personal = redaction.found.length > 0;
  const [prompt = "", preferred = "", original = "", told = ""] = personal && redacting ? redaction.texts : texts;
  if (prompt.trim() === "" || preferred.trim() === "") return "empty";
  if (isPreference(format)) {
    if (original.trim() === "") return "empty";
    if (original.trim() === preferred.trim()) return "same_reply";
  }
  const row = { system: system === null ? null : told, prompt, preferred, original };
  if (isOverLong([told, prompt, preferred, original])) return "over_long";
  return { row, personal, repaired };
}
