/** R2 wants parts of at least 5 MiB, all equal but the last; at 8 MiB its 10,000 parts hold 80 GB. */
export const PART_BYTES = 8 * 1024 * 1024;

export interface Written {
  bytes: number;
  sha256: string;
}

/**
 * Writes an R2 object in equal parts, holding one part in memory. The object appears only with `close`; after
 * `abort` nothing of it is left.
 */
export class PartWriter {
  readonly #upload: R2MultipartUpload;
  readonly #parts: R2UploadedPart[] = [];
  readonly #digest = new crypto.DigestStream("SHA-256");
  readonly #hash = this.#digest.getWriter();
  #buffer = new Uint8Array(PART_BYTES);
  #filled = 0;
  #bytes = 0;

  private constructor(upload: R2MultipartUpload) {
    this.#upload = upload;
  }

  static async open(bucket: R2Bucket, key: string, contentType: string): Promise<PartWriter> {
    return new PartWriter(await bucket.createMultipartUpload(key, { httpMetadata: { contentType } }));
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      const taken = Math.min(chunk.byteLength - at, PART_BYTES - this.#filled);
      this.#buffer.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === PART_BYTES) await this.#flush();
    }
    this.#bytes += chunk.byteLength;
  }

  async close(): Promise<Written> {
    // An upload needs a part, if only an empty one.
    if (this.#filled > 0 || this.#parts.length === 0) await this.#flush();
    await this.#hash.close();
    const sha256 = Array.from(new Uint8Array(await this.#digest.digest), (byte) => byte.toString(16).padStart(2, "0"));
    await this.#upload.complete(this.#parts);
    return { bytes: this.#bytes, sha256: sha256.join("") };
  }

  abort(): Promise<void> {
    return this.#upload.abort();
  }

  async #flush(): Promise<void> {
    const part = this.#buffer.subarray(0, this.#filled);
    const [uploaded] = await Promise.all([
      this.#upload.uploadPart(this.#parts.length + 1, part),
      this.#hash.write(part.slice()),
    ]);
    this.#parts.push(uploaded);
    this.#filled = 0;
  }
}
