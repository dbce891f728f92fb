import { MINUTE } from "../lib/time.ts";

/** Trainers refuse fewer examples (OpenAI, Azure). */
export const FEWEST_EXAMPLES = 10;

/** How one delivery of an export's message may go on, and how it reads and writes. */
export interface ExportLimits {
  /** R2 wants parts of at least 5 MiB, all equal but the last; at 8 MiB its 10,000 parts hold 80 GB. */
  partBytes: number;
  /** Most rows of a page. */
  pageRows: number;
  /**
   * Pages a message may read: more than half of D1's 1,000 statements an invocation, and little of its five minutes of
   * CPU. What fits in one message is hashed on its way; of what does not, R2 is asked for every byte again.
   */
  pagesPerMessage: number;
  /** Milliseconds a message may take: a consumer lives 15 minutes, and what it began must end. */
  messageMs: number;
  /** How many slots the memory of lines may have, a power of two; a line takes 8 bytes, at most 3 of 4 slots are used. */
  mostHashSlots: number;
}

export const EXPORT_LIMITS: ExportLimits = {
  partBytes: 8 * 1024 * 1024,
  pageRows: 2_000,
  pagesPerMessage: 600,
  messageMs: 8 * MINUTE,
  // 32 MB, for 3 million lines: what stays free of an isolate's 128 MB is needed for parts and pages.
  mostHashSlots: 2 ** 22,
};

/** The files of an export, by their names in the API. */
export const EXPORT_FILES = {
  "training_data.jsonl": "application/jsonl",
  "validation_data.jsonl": "application/jsonl",
  "improvements.jsonl": "application/jsonl",
  "skipped.jsonl": "application/jsonl",
  "manifest.json": "application/json",
} as const;
export type ExportFileName = keyof typeof EXPORT_FILES;

/** Those that hold customers' texts. The others, with ids and numbers, stay where a text was erased, and tell what was in these. */
export const DATA_FILES = ["training_data.jsonl", "validation_data.jsonl"] as const satisfies ExportFileName[];

/** Everything of an export is under this. */
export function exportPrefix(exportId: string, generation?: number): string {
  return generation === undefined ? `exports/${exportId}/` : `exports/${exportId}/${generation}/`;
}

/** The beginning that an object of an export belongs to. */
export function generationOf(exportId: string, key: string): number {
  return Number.parseInt(key.slice(exportPrefix(exportId).length), 10);
}

export function fileKey({ id, generation }: { id: string; generation: number }, file: ExportFileName): string {
  return `${exportPrefix(id, generation)}${file}`;
}
