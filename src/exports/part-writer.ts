import { createHash } from "node:crypto";

/** Where a file's upload has come to. */
export interface Uploaded {
  /** Null: no part was full yet. */
  uploadId: string | null;
  parts: R2UploadedPart[];
}

export interface PartFile {
  bucket: R2Bucket;
  key: string;
  contentType: string;
  /** R2 wants parts of at least 5 MiB, all equal but the last. */
  partBytes: number;
}

const FIRST_ROOM = 2 ** 16;

const NOTHING = new Uint8Array();

/**
 * Writes one file into R2 in equal parts, and can go on where an earlier writer stopped. It holds at most two parts,
 * however long the file gets: one fills while the other uploads. The file appears only with `close`.
 */
export class PartWriter {
  readonly #file: PartFile;
  #uploaded: Uploaded;
  #filling: Uint8Array;
  #spare: Uint8Array = NOTHING;
  #filled: number;
  #upload: Promise<void> = Promise.resolve();
  /** Of a file that an earlier writer began, only R2 knows the beginning. */
  readonly #hash: ReturnType<typeof createHash> | null;

  /** @param from where the earlier writer stopped, with what it had not put into a part yet */
  constructor(file: PartFile, from: Uploaded & { tail: Uint8Array } = { uploadId: null, parts: [], tail: NOTHING }) {
    this.#file = file;
    this.#uploaded = { uploadId: from.uploadId, parts: from.parts };
    this.#filling = from.tail;
    this.#filled = from.tail.byteLength;
    this.#hash = from.parts.length === 0 && this.#filled === 0 ? createHash("sha256") : null;
  }

  /** Takes bytes in; waits only where two parts are full. @returns whether a part became full */
  async write(chunk: Uint8Array): Promise<boolean> {
    const { partBytes } = this.#file;
    let full = false;
    for (let at = 0; at < chunk.byteLength; ) {
      const taken = Math.min(chunk.byteLength - at, partBytes - this.#filled);
      this.#makeRoom(this.#filled + taken);
      this.#filling.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === partBytes) {
        await this.#startPart();
        full = true;
      }
    }
    return full;
  }

  /** What is not in a part yet; a copy. */
  tail(): Uint8Array {
    return this.#filling.slice(0, this.#filled);
  }

  /** Waits for the part that is on its way. */
  async uploaded(): Promise<Uploaded> {
    await this.#upload;
    return this.#uploaded;
  }

  get uploadId(): string | null {
    return this.#uploaded.uploadId;
  }

  /** The SHA-256 of the whole file; nothing may be written after it. @returns null where an earlier writer wrote some */
  async sha256(): Promise<string | null> {
    await this.#upload;
    return this.#hash?.update(this.tail()).digest("hex") ?? null;
  }

  /** Makes the file appear. */
  async close(): Promise<void> {
    const { uploadId, parts } = await this.uploaded();
    const { bucket, key, contentType } = this.#file;
    const tail = this.tail();
    if (uploadId === null) {
      await bucket.put(key, tail, { httpMetadata: { contentType } });
      return;
    }
    const upload = bucket.resumeMultipartUpload(key, uploadId);
    const last = tail.byteLength > 0 ? [await upload.uploadPart(parts.length + 1, tail)] : [];
    await upload.complete([...parts, ...last]);
  }

  /** Leaves nothing of the file. */
  async abort(): Promise<void> {
    await this.#upload.catch(() => {});
    const { bucket, key } = this.#file;
    if (this.uploadId !== null) await bucket.resumeMultipartUpload(key, this.uploadId).abort();
  }

  /** Most files never fill a part. */
  #makeRoom(bytes: number): void {
    const has = this.#filling.byteLength;
    if (has >= bytes) return;
    const larger = new Uint8Array(Math.min(this.#file.partBytes, Math.max(FIRST_ROOM, 2 * has, bytes)));
    larger.set(this.#filling.subarray(0, this.#filled));
    this.#filling = larger;
  }

  async #startPart(): Promise<void> {
    await this.#upload;
    const full = this.#filling;
    this.#filling = this.#spare;
    this.#spare = full;
    this.#filled = 0;
    this.#hash?.update(full);
    this.#upload = this.#uploadPart(full);
    // Whoever waits for it next gets the error; until then it must not count as unhandled.
    this.#upload.catch(() => {});
  }

  async #uploadPart(part: Uint8Array): Promise<void> {
    const { bucket, key, contentType } = this.#file;
    const { uploadId, parts } = this.#uploaded;
    const upload =
      uploadId === null
        ? await bucket.createMultipartUpload(key, { httpMetadata: { contentType } })
        : bucket.resumeMultipartUpload(key, uploadId);
    this.#uploaded = { uploadId: upload.uploadId, parts };
    const added = await upload.uploadPart(parts.length + 1, part);
    this.#uploaded = { uploadId: upload.uploadId, parts: [...parts, added] };
  }
}
