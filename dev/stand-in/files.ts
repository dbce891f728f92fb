import { type Context, Hono } from "hono";
import { z } from "zod";
import { ApiError, CREATED, found, readBody } from "./api.ts";

/** A file as the stand-in keeps it: in memory, while it runs. */
export interface StoredFile {
  id: string;
  filename: string;
  bytes: number;
  /** Null where it is not UTF-8. */
  text: string | null;
}

interface Upload {
  filename: string;
  bytes: number;
  parts: Map<string, Blob>;
}

const newUpload = z.object({
  filename: z.string(),
  bytes: z.number(),
  purpose: z.literal("fine-tune"),
  mime_type: z.literal("text/jsonl"),
});

/** Files and uploads in parts, as OpenAI's API has them. @param files where they are kept, for fine-tuning jobs */
export function fileRoutes(files: Map<string, StoredFile>): Hono {
  const uploads = new Map<string, Upload>();
  let made = 0;
  const store = async (filename: string, content: Blob) => {
    const id = `file-${String(++made).padStart(6, "0")}`;
    const file = { id, filename, bytes: content.size, text: decode(await content.arrayBuffer()) };
    files.set(id, file);
    return fileBody(file);
  };
  return new Hono()
    .post("/files", async (c) => {
      const { purpose, file } = await readForm(c);
      if (purpose !== "fine-tune") throw new ApiError(400, "'purpose' must be 'fine-tune'.", { param: "purpose" });
      const content = checkFile(file, "file");
      return c.json(await store(content.name, content));
    })
    .get("/files", (c) => {
      const data = [...files.values()].reverse().map(fileBody);
      return c.json({ object: "list", data, has_more: false });
    })
    .delete("/files/:id", (c) => {
      const { id } = found(files, c.req.param("id"), "file");
      files.delete(id);
      return c.json({ id, object: "file", deleted: true });
    })
    .get("/files/:id", (c) => c.json(fileBody(found(files, c.req.param("id"), "file"))))
    .post("/uploads", async (c) => {
      const { filename, bytes } = await readBody(c, newUpload);
      const id = `upload_${++made}`;
      uploads.set(id, { filename, bytes, parts: new Map() });
      return c.json(uploadBody(id, { filename, bytes }, "pending"));
    })
    .post("/uploads/:id/parts", async (c) => {
      const upload_id = c.req.param("id");
      const { parts } = found(uploads, upload_id, "upload");
      const { data } = await readForm(c);
      const id = `part_${++made}`;
      parts.set(id, checkFile(data, "data"));
      return c.json({ id, object: "upload.part", upload_id, created_at: CREATED });
    })
    .post("/uploads/:id/cancel", (c) => {
      const id = c.req.param("id");
      const upload = found(uploads, id, "upload");
      uploads.delete(id);
      return c.json(uploadBody(id, upload, "cancelled"));
    })
    .post("/uploads/:id/complete", async (c) => {
      const id = c.req.param("id");
      const upload = found(uploads, id, "upload");
      const { part_ids } = await readBody(c, z.object({ part_ids: z.array(z.string()) }));
      const content = new Blob(part_ids.map((part) => found(upload.parts, part, "part")));
      if (content.size !== upload.bytes)
        throw new ApiError(400, `The parts have ${content.size} bytes, the upload was to have ${upload.bytes}.`);
      uploads.delete(id);
      return c.json({ ...uploadBody(id, upload, "completed"), file: await store(upload.filename, content) });
    });
}

function decode(content: ArrayBuffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return null;
  }
}

function fileBody({ id, filename, bytes }: StoredFile) {
  return { id, object: "file", bytes, created_at: CREATED, filename, purpose: "fine-tune", status: "processed" };
}

function uploadBody(id: string, { filename, bytes }: Pick<Upload, "filename" | "bytes">, status: string) {
  return { id, object: "upload", bytes, created_at: CREATED, filename, purpose: "fine-tune", status };
}

async function readForm(c: Context): Promise<Record<string, unknown>> {
  return c.req.parseBody().catch(() => {
    throw new ApiError(400, "The body is not multipart/form-data.");
  });
}

function checkFile(value: unknown, param: string): File {
  if (!(value instanceof File)) throw new ApiError(400, `'${param}' is a required property`, { param });
  return value;
}
