import { MINUTE } from "../lib/time.ts";

/** A message for an export that brought no beginning within this time is sent again. */
export const EXPORT_RESEND_MS = 2 * MINUTE;

/** An export that did not end within this time is taken for dead, and begun again; a consumer lives 15 minutes. */
export const EXPORT_LEASE_MS = 16 * MINUTE;

/** After so many beginnings an export counts as failed. */
export const MAX_EXPORT_ATTEMPTS = 3;

/** Trainers refuse fewer examples (OpenAI, Azure). */
export const FEWEST_EXAMPLES = 10;

export function trainingKey(exportId: string): string {
  return `exports/${exportId}/training_data.jsonl`;
}
