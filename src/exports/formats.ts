import type { ExportFormat } from "./schemas.ts";

/** What a training line is made of. */
export interface TrainingRow {
  originalPrompt: string;
  correctedReply: string;
}

/** One line per row, without its line feed, for each format. Ids and scores never stand in the lines. */
export const FORMATS: Record<ExportFormat, (row: TrainingRow) => string> = {
  "openai-sft": ({ originalPrompt, correctedReply }) =>
    JSON.stringify({
      messages: [
        { role: "user", content: originalPrompt },
        { role: "assistant", content: correctedReply },
      ],
    }),
};
