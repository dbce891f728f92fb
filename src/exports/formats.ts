import type { ExportFormat } from "../db/schema/exports.ts";
import { jsonLine } from "../lib/json-line.ts";

/** What a training line is made of. */
export interface TrainingRow {
  /** The system message, where the export asks for one and something is known. */
  system: string | null;
  prompt: string;
  /** The reply to learn. */
  preferred: string;
  /** The reply that failed. */
  original: string;
}

type Role = "system" | "user" | "assistant";

const message = (role: Role, content: string) => ({ role, content });

/** What a model is asked in a line. */
export const asked = ({ system, prompt }: Pick<TrainingRow, "system" | "prompt">) => [
  ...(system === null ? [] : [message("system", system)]),
  message("user", prompt),
];
const answered = (reply: string) => [message("assistant", reply)];

/** One line per row, without its line feed, for each format. Ids and scores never stand in the lines. */
export const FORMATS: Record<ExportFormat, (row: TrainingRow) => string> = {
  /** Chat lines: OpenAI, Azure, Together and Fireworks take them unchanged; TRL and Axolotl read them. */
  "openai-sft": (row) => jsonLine({ messages: [...asked(row), ...answered(row.preferred)] }),
  /** OpenAI's preference lines; Together and Azure take them too. */
  "openai-dpo": (row) =>
    jsonLine({
      input: { messages: asked(row) },
      preferred_output: answered(row.preferred),
      non_preferred_output: answered(row.original),
    }),
  /**
   * TRL's prompt-completion lines. With chat lines TRL learns the customer's words too, unless the chat template
   * marks the reply; with these it learns the reply alone.
   */
  "trl-sft": (row) => jsonLine({ prompt: asked(row), completion: answered(row.preferred) }),
  /** TRL's preference lines, with the prompt spelled out. */
  "trl-dpo": (row) =>
    jsonLine({ prompt: asked(row), chosen: answered(row.preferred), rejected: answered(row.original) }),
};

/** The texts of a line's messages. */
export function textsOf({ system, prompt, preferred, original }: TrainingRow, format: ExportFormat): string[] {
  return [...(system === null ? [] : [system]), prompt, preferred, ...(isPreference(format) ? [original] : [])];
}

/** The same of a line that was written: its messages' texts. */
export function textsIn(line: string): string[] {
  const texts: string[] = [];
  JSON.parse(line, (key, value: unknown) => {
    if (key === "content" && typeof value === "string") texts.push(value);
    return value;
  });
  return texts;
}

/** True for formats that need the reply that failed beside the better one. */
export function isPreference(format: ExportFormat): boolean {
  return format === "openai-dpo" || format === "trl-dpo";
}
