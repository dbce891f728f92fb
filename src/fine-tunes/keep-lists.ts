import type { exportsTable } from "../db/schema/exports.ts";
import { type ExportFileName, fileKey } from "../exports/export-state.ts";
import type { Services } from "../services.ts";

/** Of an export: which improvements its files hold, and whose guidance. Ids and numbers, no texts. */
const LISTS = ["improvements.jsonl", "manifest.json"] as const satisfies ExportFileName[];

/** The export may be rebuilt or deleted: what a model learned from is kept with its fine-tune. */
export function copyKey(fineTuneId: string, list: (typeof LISTS)[number]): string {
  return `fine-tunes/${fineTuneId}/${list}`;
}

/**
 * Copies an export's lists to a fine-tune.
 * @returns the length of the list of improvements, in bytes; null where the export has lost one of them
 */
export async function keepLists(
  { bucket }: Pick<Services, "bucket">,
  fineTuneId: string,
  source: Pick<typeof exportsTable.$inferSelect, "id" | "generation">,
): Promise<number | null> {
  const sizes: number[] = [];
  for (const list of LISTS) {
    const object = await bucket.get(fileKey(source, list));
    if (object === null) return null;
    await bucket.put(copyKey(fineTuneId, list), object.body);
    sizes.push(object.size);
  }
  return sizes[0] ?? null;
}
