/**
 * As much of R2 as an export uses, in memory, with parts of any size: for tests that crash at every single step, which
 * R2's parts of 5 MiB would make slow. It holds to R2's other rules: equal parts, no object before its upload is
 * complete, no upload that is over.
 */
export class MemoryBucket {
  readonly objects = new Map<string, Uint8Array>();
  readonly #uploads = new Map<string, { key: string; parts: Map<number, Uint8Array> }>();
  readonly #before: (operation: string) => void;

  /** @param before called with the name of each writing operation before it happens; may throw */
  constructor(before: (operation: string) => void = () => {}) {
    this.#before = before;
  }

  /** Uploads that were begun and neither completed nor given up. */
  get open(): number {
    return this.#uploads.size;
  }

  async put(key: string, value: string | Uint8Array | Blob): Promise<void> {
    this.#before("put");
    this.objects.set(key, new Uint8Array(await new Response(value).arrayBuffer()));
  }

  async head(key: string) {
    const bytes = this.objects.get(key);
    return bytes ? { key, size: bytes.byteLength } : null;
  }

  async get(key: string, { range }: { range?: { offset: number; length: number } } = {}) {
    const whole = this.objects.get(key);
    if (whole === undefined) return null;
    const bytes = range ? whole.slice(range.offset, range.offset + range.length) : whole;
    const response = new Response(bytes);
    return { key, size: whole.byteLength, body: response.body, arrayBuffer: () => response.arrayBuffer() };
  }

  async list({ prefix }: { prefix: string }) {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    return { objects: keys.map((key) => ({ key })), truncated: false };
  }

  async delete(keys: string | string[]): Promise<void> {
    for (const key of [keys].flat()) this.objects.delete(key);
  }

  async createMultipartUpload(key: string) {
    const uploadId = crypto.randomUUID();
    this.#uploads.set(uploadId, { key, parts: new Map() });
    return this.resumeMultipartUpload(key, uploadId);
  }

  resumeMultipartUpload(key: string, uploadId: string) {
    const upload = () => {
      const known = this.#uploads.get(uploadId);
      if (known?.key !== key) throw new Error("the upload does not exist");
      return known.parts;
    };
    return {
      key,
      uploadId,
      uploadPart: async (partNumber: number, value: Uint8Array) => {
        this.#before("uploadPart");
        upload().set(partNumber, value.slice());
        return { partNumber, etag: `${partNumber}` };
      },
      complete: async (parts: { partNumber: number }[]) => {
        this.#before("complete");
        const all = parts.map(({ partNumber }) => upload().get(partNumber) ?? new Uint8Array());
        if (all.slice(0, -1).some(({ byteLength }) => byteLength !== all[0]?.byteLength))
          throw new Error("all parts but the last must be equally long");
        this.objects.set(key, new Uint8Array(await new Blob(all).arrayBuffer()));
        this.#uploads.delete(uploadId);
      },
      abort: async () => {
        this.#uploads.delete(uploadId);
      },
    };
  }

  /** To be passed where R2 is wanted. */
  asR2(): R2Bucket {
    return this as unknown as R2Bucket;
  }
}
