import type { ExportFile, ExportFiles, exportsTable } from "../db/schema/exports.ts";
import type { Checkpoint, ExportCounts } from "./checkpoint.ts";
import { EXPORT_FILES, EXPORT_LIMITS, type ExportFileName, fileKey } from "./export-state.ts";
import { type KnownContext, summaryOf } from "./guidance.ts";
import { buildManifest } from "./manifest.ts";
import { PartWriter } from "./part-writer.ts";
import { readSection, type Section, segmentKey } from "./segment.ts";
import { MovedLines } from "./split.ts";
import type { Writing } from "./write-rows.ts";

type Row = typeof exportsTable.$inferSelect;

/** The export and its last checkpoint. */
interface Sealing {
  bucket: R2Bucket;
  id: string;
  checkpoint: Checkpoint;
}

/**
 * Makes the files of an export whose rows are all in: completes the upload, puts the other files together from the
 * segments, and writes the manifest. Each step can be repeated.
 */
export async function sealExport(
  { bucket, config, clock }: Writing,
  row: Row,
  checkpoint: Checkpoint,
): Promise<{ training: ExportFile; files: ExportFiles }> {
  const { counts } = checkpoint;
  const sealing = { bucket, id: row.id, checkpoint };
  const training = await sealTraining(sealing);
  const files: ExportFiles = {};
  const { validationRows } = counts;
  const moved = await readMoved(sealing);
  const { validation, improvements } = sectionsAfter(moved, counts);
  if (row.options.validation_fraction)
    files["validation_data.jsonl"] = await join(
      sealing,
      "validation_data.jsonl",
      "validation",
      validationRows,
      validation,
    );
  files["improvements.jsonl"] = await join(
    sealing,
    "improvements.jsonl",
    "improvements",
    counts.rows + validationRows,
    improvements,
  );
  const skipped = Object.values(counts.skipped).reduce((sum, count) => sum + count, 0);
  if (skipped > 0) files["skipped.jsonl"] = await join(sealing, "skipped.jsonl", "skipped", skipped);

  const manifest = buildManifest({
    row,
    counts,
    files: { "training_data.jsonl": training, ...files },
    guidance: (await readGuidance(sealing)).map(summaryOf),
    pricePerMillion: config.TRAINING_PRICE_PER_MILLION_TOKENS ?? null,
    redacting: config.REDACT_EXPORTS,
    now: clock(),
  });
  const { key, contentType } = fileOf(sealing, "manifest.json");
  await bucket.put(key, `${JSON.stringify(manifest, null, 2)}\n`, { httpMetadata: { contentType } });
  return { training, files };
}

/** @throws Error when R2 holds more or less than was written */
async function sealTraining(sealing: Sealing): Promise<ExportFile> {
  const { bucket, id, checkpoint } = sealing;
  const { uploadId, parts, segments, generation, counts, sha256 = null } = checkpoint;
  const file = fileOf(sealing, "training_data.jsonl");
  // A run before this one may have come so far.
  if ((await bucket.head(file.key)) === null) {
    const last = segments.length - 1;
    const tail = await readSection(bucket, segmentKey(id, generation, last), segments[last] ?? [], "tail");
    await new PartWriter(file, { uploadId, parts, tail }).close();
  }
  const training = await measure(file, counts.rows, sha256);
  if (training.bytes !== counts.bytes) throw new Error(`the file ${file.key} does not hold what was written`);
  return training;
}

/** Places of the drawn lines that went to training. */
async function readMoved({ bucket, id, checkpoint: { generation, segments } }: Sealing): Promise<Uint32Array> {
  const last = segments.length - 1;
  const bytes = await readSection(bucket, segmentKey(id, generation, last), segments[last] ?? [], "moved");
  return new Uint32Array(bytes.slice().buffer);
}

const asItIs = (section: Uint8Array) => section;

function sectionsAfter(moved: Uint32Array, { rows, validationRows }: ExportCounts) {
  if (moved.length === 0) return { validation: asItIs, improvements: asItIs };
  const lines = new MovedLines([...moved], validationRows, rows);
  return {
    validation: (section: Uint8Array) => lines.validation(section),
    improvements: (section: Uint8Array) => lines.improvements(section),
  };
}

/** One of the smaller files, from the segments' sections. */
async function join(
  sealing: Sealing,
  name: ExportFileName,
  section: Section,
  rows: number,
  change = asItIs,
): Promise<ExportFile> {
  const { bucket, id, checkpoint } = sealing;
  const file = fileOf(sealing, name);
  const writer = new PartWriter(file);
  try {
    for (const [index, lengths] of checkpoint.segments.entries())
      await writer.write(
        change(await readSection(bucket, segmentKey(id, checkpoint.generation, index), lengths, section)),
      );
    const sha256 = await writer.sha256();
    await writer.close();
    return await measure(file, rows, sha256);
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function fileOf({ bucket, id, checkpoint: { generation } }: Sealing, name: ExportFileName) {
  const key = fileKey({ id, generation }, name);
  return { bucket, key, contentType: EXPORT_FILES[name], partBytes: EXPORT_LIMITS.partBytes };
}

/** @param sha256 of what was handed to R2; null: to be taken of what R2 gives back */
async function measure(
  { bucket, key }: ReturnType<typeof fileOf>,
  rows: number,
  sha256: string | null,
): Promise<ExportFile> {
  const object = await bucket.head(key);
  if (object === null) throw new Error(`the file ${key} is gone`);
  return { rows, bytes: object.size, sha256: sha256 ?? (await hashObject(bucket, key)) };
}

async function hashObject(bucket: R2Bucket, key: string): Promise<string> {
  const object = await bucket.get(key);
  if (object === null) throw new Error(`the file ${key} is gone`);
  const digest = new crypto.DigestStream("SHA-256");
  await object.body.pipeTo(digest);
  return Buffer.from(await digest.digest).toString("hex");
}

async function readGuidance({ bucket, id, checkpoint }: Sealing): Promise<KnownContext[]> {
  const { segments, generation } = checkpoint;
  const known: KnownContext[] = [];
  for (const [index, lengths] of segments.entries()) {
    const bytes = await readSection(bucket, segmentKey(id, generation, index), lengths, "guidance");
    if (bytes.byteLength > 0) known.push(...(JSON.parse(new TextDecoder().decode(bytes)) as KnownContext[]));
  }
  return known;
}
