import { exportPrefix } from "./export-state.ts";

/*
 * Between two checkpoints an export gathers more than its training file: lines for the other files, and what a
 * resumed run must know. All of that goes into one object per checkpoint, a segment; the other files are put together
 * from the segments at the end, and the segments are deleted.
 */

/** In this order within a segment. A resumed run needs the first three, which stand together. */
export const SECTIONS = [
  ...(["hashes", "guidance", "tail", "validation", "improvements", "skipped"] as const),
  /** Sketches of the lines for training, and of those drawn for validation (see `split.ts`). */
  ...(["trained", "drawn"] as const),
  /** Which of all drawn lines went to training after all, by their places, in the last segment. */
  "moved",
] as const;
export type Section = (typeof SECTIONS)[number];

/** How many bytes each section has, in order. */
export type SegmentLengths = number[];

/** What goes into a segment, in pieces. */
export type SegmentParts = Record<Section, Uint8Array[]>;

export const noParts = (): SegmentParts => ({
  hashes: [],
  guidance: [],
  tail: [],
  validation: [],
  improvements: [],
  skipped: [],
  trained: [],
  drawn: [],
  moved: [],
});

export function segmentKey(exportId: string, generation: number, index: number): string {
  return `${exportPrefix(exportId, generation)}resume/${String(index).padStart(6, "0")}`;
}

export async function putSegment(bucket: R2Bucket, key: string, parts: SegmentParts): Promise<SegmentLengths> {
  await bucket.put(key, Buffer.concat(SECTIONS.flatMap((section) => parts[section])));
  return SECTIONS.map((section) => parts[section].reduce((sum, { byteLength }) => sum + byteLength, 0));
}

/** Bytes of one section. @throws Error when the segment is gone */
export async function readSection(
  bucket: R2Bucket,
  key: string,
  lengths: SegmentLengths,
  section: Section,
): Promise<Uint8Array> {
  const index = SECTIONS.indexOf(section);
  const length = lengths[index] ?? 0;
  if (length === 0) return new Uint8Array();
  const offset = lengths.slice(0, index).reduce((sum, bytes) => sum + bytes, 0);
  const object = await bucket.get(key, { range: { offset, length } });
  if (object === null) throw new Error(`the segment ${key} is gone`);
  return new Uint8Array(await object.arrayBuffer());
}
