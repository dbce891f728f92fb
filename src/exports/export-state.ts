import { MINUTE } from "../lib/time.ts";

/** A message for an export that brought no beginning within this time is sent again. */
export const EXPORT_RESEND_MS = 2 * MINUTE;

/** An export that did not end within this time is taken for dead, and begun again; a consumer lives 15 minutes. */
export const EXPORT_LEASE_MS = 16 * MINUTE;

/** After so many beginnings in a row that brought it no further, an export counts as failed. */
export const MAX_EXPORT_TRIES = 3;

/** Trainers refuse fewer examples (OpenAI, Azure). */
export const FEWEST_EXAMPLES = 10;

/** How one delivery of an export's message may go on, and how it reads and writes. */
export interface ExportLimits {
  /** R2 wants parts of at least 5 MiB, all equal but the last; at 8 MiB its 10,000 parts hold 80 GB. */
  partBytes: number;
  /** Most rows of a page. */
  pageRows: number;
  /** Pages a message may read: about 10 s of the 30 s of CPU that an invocation has, and few of D1's 1,000 statements. */
  pagesPerMessage: number;
  /** Milliseconds a message may take: a consumer lives 15 minutes, and what it began must end. */
  messageMs: number;
}

export const EXPORT_LIMITS: ExportLimits = {
  partBytes: 8 * 1024 * 1024,
  pageRows: 2_000,
  pagesPerMessage: 150,
  messageMs: 8 * MINUTE,
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

/** Those that hold customers' texts. */
export const DATA_FILES = ["training_data.jsonl", "validation_data.jsonl"] as const satisfies ExportFileName[];

/** Everything of an export is under this. */
export function exportPrefix(exportId: string, generation?: number): string {
  return generation === undefined ? `exports/${exportId}/` : `exports/${exportId}/${generation}/`;
}

export function fileKey({ id, generation }: { id: string; generation: number }, file: ExportFileName): string {
  return `${exportPrefix(id, generation)}${file}`;
}
