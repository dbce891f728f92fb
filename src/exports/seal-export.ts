import type { ExportFile, ExportFiles, exportsTable } from "../db/schema/exports.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { EXPORT_FILES, type ExportFileName, fileKey } from "./export-state.ts";
import { type KnownContext, toldOf } from "./guidance.ts";
import { buildManifest } from "./manifest.ts";
import { PartWriter } from "./part-writer.ts";
import { readSection, type Section, segmentKey } from "./segment.ts";
import { SIDECAR_WIDTH } from "./sidecar.ts";
import { SidecarLines } from "./sidecar-records.ts";
import type { Writing } from "./write-rows.ts";

type Row = typeof exportsTable.$inferSelect;

/**
 * Makes the files of an export whose rows are all in: completes the upload, hashes what R2 gives back, puts the other
 * files together from the segments, and writes the manifest. Each step can be done again.
 */
export async function sealExport(
  services: Writing,
  row: Row,
  checkpoint: Checkpoint,
): Promise<{ training: ExportFile; files: ExportFiles }> {
  const { bucket, config, clock } = services;
  const { counts, generation } = checkpoint;
  const at = { id: row.id, generation };
  await completeTraining(bucket, row.id, checkpoint);
  const training = {
    rows: counts.rows,
    ...(await measureTraining(bucket, fileKey(at, "training_data.jsonl"), checkpoint)),
  };
  const sidecar = new SidecarLines();
  const files: ExportFiles = {};
  const held = counts.validationRows;
  const skipped = Object.values(counts.skipped).reduce((sum, count) => sum + count, 0);
  if (row.options.validation_fraction)
    files["validation_data.jsonl"] = await join("validation_data.jsonl", "validation", held);
  files["improvements.jsonl"] = await join("improvements.jsonl", "improvements", counts.rows + held, (records) =>
    sidecar.of(records),
  );
  if (files["improvements.jsonl"].bytes !== (counts.rows + held) * SIDECAR_WIDTH)
    throw new Error(`the sidecar of export ${row.id} does not fit its lines`);
  if (skipped > 0) files["skipped.jsonl"] = await join("skipped.jsonl", "skipped", skipped);

  const manifest = buildManifest({
    row,
    counts,
    files: { "training_data.jsonl": training, ...files },
    guidance: await readGuidance(bucket, row.id, checkpoint),
    pricePerMillion: config.TRAINING_PRICE_PER_MILLION_TOKENS ?? null,
    redacting: config.REDACT_EXPORTS,
    now: clock(),
  });
  await bucket.put(fileKey(at, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`, {
    httpMetadata: { contentType: EXPORT_FILES["manifest.json"] },
  });
  return { training, files };

  /** One of the smaller files, from the segments' sections. */
  async function join(
    name: ExportFileName,
    section: Section,
    rows: number,
    linesOf = (bytes: Uint8Array) => bytes,
  ): Promise<ExportFile> {
    const writer = await PartWriter.open(bucket, fileKey(at, name), EXPORT_FILES[name]);
    try {
      for (const [index, lengths] of checkpoint.segments.entries())
        await writer.write(linesOf(await readSection(bucket, segmentKey(row.id, generation, index), lengths, section)));
      return { rows, ...(await writer.close()) };
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }
}

async function completeTraining(bucket: R2Bucket, exportId: string, checkpoint: Checkpoint): Promise<void> {
  const { uploadId, parts, segments, generation } = checkpoint;
  const key = fileKey({ id: exportId, generation }, "training_data.jsonl");
  // A run before this one may have come so far.
  if ((await bucket.head(key)) !== null) return;
  const last = segments.length - 1;
  const tail = await readSection(bucket, segmentKey(exportId, generation, last), segments[last] ?? [], "tail");
  if (uploadId === null) {
    await bucket.put(key, tail, { httpMetadata: { contentType: EXPORT_FILES["training_data.jsonl"] } });
    return;
  }
  const upload = bucket.resumeMultipartUpload(key, uploadId);
  const all = tail.byteLength > 0 ? [...parts, await upload.uploadPart(parts.length + 1, tail)] : parts;
  await upload.complete(all);
}

/**
 * Size and SHA-256 of the training file: the hash of what one run handed to R2, or else of what R2 gives back.
 * @throws Error when R2 holds more or less than was written
 */
async function measureTraining(
  bucket: R2Bucket,
  key: string,
  { counts, sha256 }: Checkpoint,
): Promise<{ bytes: number; sha256: string }> {
  const object = await bucket.head(key);
  if (object?.size !== counts.bytes) throw new Error(`the file ${key} does not hold what was written`);
  return { bytes: object.size, sha256: sha256 ?? (await hashObject(bucket, key)) };
}

async function hashObject(bucket: R2Bucket, key: string): Promise<string> {
  const object = await bucket.get(key);
  if (object === null) throw new Error(`the file ${key} is gone`);
  const digest = new crypto.DigestStream("SHA-256");
  await object.body.pipeTo(digest);
  return Buffer.from(await digest.digest).toString("hex");
}

async function readGuidance(bucket: R2Bucket, exportId: string, { segments, generation }: Checkpoint) {
  const texts = await Promise.all(
    segments.map(async (lengths, index) => {
      const bytes = await readSection(bucket, segmentKey(exportId, generation, index), lengths, "guidance");
      const text = new TextDecoder().decode(bytes);
      return text === "" ? [] : (JSON.parse(text) as KnownContext[]);
    }),
  );
  return texts.flat().map(toldOf);
}
