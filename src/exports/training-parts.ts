/**
 * The training file as an R2 multipart upload that can be taken up again: equal parts, two buffers, so that one fills
 * while the other uploads. It holds at most those two, however long the file gets.
 */
export class TrainingParts {
  readonly #bucket: R2Bucket;
  readonly #key: string;
  #uploadId: string | null;
  #parts: R2UploadedPart[];
  #filling: Uint8Array;
  #uploading: Uint8Array;
  #filled = 0;
  #upload: Promise<void> = Promise.resolve();
  /** Of a file that an earlier run began, only R2 knows the beginning. */
  readonly #digest: { stream: DigestStream; writer: WritableStreamDefaultWriter } | null;

  /** @param tail what of an earlier run is not in a part yet */
  constructor(
    bucket: R2Bucket,
    key: string,
    partBytes: number,
    { uploadId, parts, tail }: { uploadId: string | null; parts: R2UploadedPart[]; tail: Uint8Array },
  ) {
    this.#bucket = bucket;
    this.#key = key;
    this.#uploadId = uploadId;
    this.#parts = [...parts];
    this.#filling = new Uint8Array(partBytes);
    this.#uploading = new Uint8Array(partBytes);
    this.#filling.set(tail);
    this.#filled = tail.byteLength;
    this.#digest = parts.length === 0 && tail.byteLength === 0 ? digestStream() : null;
  }

  /** Takes bytes in; waits only where two parts are full. @returns whether a part became full */
  async write(chunk: Uint8Array): Promise<boolean> {
    let full = false;
    for (let at = 0; at < chunk.byteLength; ) {
      const taken = Math.min(chunk.byteLength - at, this.#filling.byteLength - this.#filled);
      this.#filling.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === this.#filling.byteLength) {
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
  async uploaded(): Promise<{ uploadId: string | null; parts: R2UploadedPart[] }> {
    await this.#upload;
    return { uploadId: this.#uploadId, parts: [...this.#parts] };
  }

  /**
   * The SHA-256 of the whole file, hashed on the way to R2; nothing may be written after it.
   * @returns null where an earlier run wrote some of it
   */
  async sha256(): Promise<string | null> {
    if (this.#digest === null) return null;
    await this.#upload;
    await this.#digest.writer.write(this.tail());
    await this.#digest.writer.close();
    return Buffer.from(await this.#digest.stream.digest).toString("hex");
  }

  get uploadId(): string | null {
    return this.#uploadId;
  }

  async #startPart(): Promise<void> {
    await this.#upload;
    const full = this.#filling;
    this.#filling = this.#uploading;
    this.#uploading = full;
    this.#filled = 0;
    this.#upload = this.#uploadPart(full);
    // Whoever waits for it next gets the error; until then it must not count as unhandled.
    this.#upload.catch(() => {});
  }

  async #uploadPart(part: Uint8Array): Promise<void> {
    const upload =
      this.#uploadId === null
        ? await this.#bucket.createMultipartUpload(this.#key, { httpMetadata: { contentType: "application/jsonl" } })
        : this.#bucket.resumeMultipartUpload(this.#key, this.#uploadId);
    this.#uploadId = upload.uploadId;
    // Both are done with the buffer before it is filled again.
    const [uploaded] = await Promise.all([
      upload.uploadPart(this.#parts.length + 1, part),
      this.#digest?.writer.write(part),
    ]);
    this.#parts.push(uploaded);
  }
}

function digestStream() {
  const stream = new crypto.DigestStream("SHA-256");
  // Of a run that fails, nobody asks for it.
  stream.digest.catch(() => {});
  return { stream, writer: stream.getWriter() };
}
