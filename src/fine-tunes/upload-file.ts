import type { FineTuneUploads } from "../db/schema/fine-tunes.ts";
import { log } from "../lib/log.ts";
import { type FineTuneProvider, ProviderError } from "./provider.ts";

/** How files go to a provider. */
export interface UploadLimits {
  /** Up to here a file goes in one request; bytes. */
  mostInOne: number;
  /** The size of a part of a larger one. */
  partBytes: number;
}

/** OpenAI's: files of 512 MB, and beyond that the Uploads API with parts of 64 MB. */
export const UPLOAD_LIMITS: UploadLimits = { mostInOne: 512 * 1024 * 1024, partBytes: 64 * 1024 * 1024 };

type UploadProgress = NonNullable<FineTuneUploads["training"]>;

/**
 * Uploads one file, in one request or in parts, each streamed from R2 by its range, so that memory holds none of them.
 * What was sent before is not sent again.
 * @param progress what reached the provider; changed as more does
 * @param save keeps it; throws where the fine-tune is no longer wanted
 */
export async function uploadFile(
  { bucket, provider, limits }: { bucket: R2Bucket; provider: FineTuneProvider; limits: UploadLimits },
  { key, name }: { key: string; name: string },
  progress: UploadProgress,
  save: () => Promise<void>,
): Promise<void> {
  if (progress.file_id !== undefined) return;
  const there = <T>(object: T | null): T => {
    if (object === null) throw new ProviderError("invalid", `The export's ${key.split("/").at(-1)} is gone.`);
    return object;
  };
  const { size } = there(await bucket.head(key));
  const read = async (offset: number, length: number) =>
    there(await bucket.get(key, { range: { offset, length } })).body;
  if (size <= limits.mostInOne) {
    progress.file_id = await provider.uploadFile(name, size, await read(0, size));
    return save();
  }
  const sendParts = async () => {
    progress.upload_id ??= await provider.beginUpload(name, size);
    progress.part_ids ??= [];
    await save();
    for (let offset = progress.part_ids.length * limits.partBytes; offset < size; offset += limits.partBytes) {
      const length = Math.min(limits.partBytes, size - offset);
      progress.part_ids.push(await provider.uploadPart(progress.upload_id, length, await read(offset, length)));
      await save();
    }
    progress.file_id = await provider.completeUpload(progress.upload_id, progress.part_ids);
    await save();
  };
  const resumed = progress.upload_id !== undefined;
  try {
    await sendParts();
  } catch (error) {
    // At OpenAI an upload expires after an hour: one that an earlier worker began is started over, once.
    if (!resumed || !(error instanceof ProviderError) || error.kind !== "invalid") throw error;
    await dropUpload(provider, progress);
    await sendParts();
  }
}

/** An upload that nobody will complete; where the provider does not cancel it now, it is tried again at the end. */
async function dropUpload(provider: FineTuneProvider, progress: UploadProgress): Promise<void> {
  const id = progress.upload_id;
  if (id === undefined) return;
  delete progress.upload_id;
  delete progress.part_ids;
  try {
    await provider.cancelUpload(id);
  } catch (error) {
    log.warn("upload_not_cancelled", { upload_id: id }, error);
  }
}

/** The name of a file at the provider, by which it is known whose it is, should nobody have noted its id. */
export function fileNameOf(fineTuneId: string, name: string): string {
  return `redraft-${fineTuneId}-${name}`;
}
