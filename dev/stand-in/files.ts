import { createHash } from "node:crypto";
import { ApiError, type Exchange, isRecord, type Route, readJson, sendJson } from "./http.ts";

/** A file as the stand-in keeps it: in memory, while it runs. */
export interface StoredFile {
  id: string;
  filename: string;
  bytes: number;
  content: Buffer;
}

interface Upload {
  id: string;
  filename: string;
  bytes: number;
  parts: Map<string, Buffer>;
}

const MOST_BYTES = 512 * 1024 * 1024;
const MOST_PART_BYTES = 64 * 1024 * 1024;
const MOST_UPLOAD_BYTES = 8 * 1024 ** 3;
const CREATED = 1_767_225_600;

/** Files and uploads in parts, as OpenAI's API has them. @param files where they are kept, for fine-tuning jobs */
export function fileRoutes(files: Map<string, StoredFile>): Route[] {
  const uploads = new Map<string, Upload>();
  let made = 0;
  const store = (filename: string, content: Buffer): StoredFile => {
    const digest = createHash("sha256").update(content).digest("hex").slice(0, 16);
    const file = { id: `file-${digest}-${++made}`, filename, bytes: content.length, content };
    files.set(file.id, file);
    return file;
  };
  return [
    {
      method: "POST",
      path: "/v1/files",
      async handle({ request, response }) {
        const form = await readForm(request, MOST_BYTES);
        const file = form.files.file;
        if (form.fields.purpose !== "fine-tune")
          throw new ApiError(400, "'purpose' must be 'fine-tune'.", { param: "purpose" });
        if (file === undefined) throw new ApiError(400, "'file' is a required property", { param: "file" });
        sendJson(response, fileBody(store(file.filename, file.content)));
      },
    },
    {
      method: "GET",
      path: "/v1/files/:id",
      handle: ({ response, params: { id = "" } }) => sendJson(response, fileBody(found(files, id, "file"))),
    },
    {
      method: "POST",
      path: "/v1/uploads",
      async handle({ request, response }) {
        const { filename, bytes, purpose, mime_type } = await readJson(request);
        if (purpose !== "fine-tune" || mime_type !== "text/jsonl")
          throw new ApiError(400, "Uploads for fine-tuning are text/jsonl.", { param: "mime_type" });
        if (typeof filename !== "string" || typeof bytes !== "number")
          throw new ApiError(400, "filename and bytes are required.");
        if (bytes > MOST_UPLOAD_BYTES) throw new ApiError(400, "An upload holds at most 8 GB.", { param: "bytes" });
        const upload: Upload = { id: `upload_${++made}`, filename, bytes, parts: new Map() };
        uploads.set(upload.id, upload);
        sendJson(response, { id: upload.id, object: "upload", bytes, filename, purpose, status: "pending" });
      },
    },
    {
      method: "POST",
      path: "/v1/uploads/:id/parts",
      async handle({ request, response, params: { id = "" } }) {
        const upload = found(uploads, id, "upload");
        const { data } = (await readForm(request, MOST_PART_BYTES)).files;
        if (data === undefined) throw new ApiError(400, "'data' is a required property", { param: "data" });
        const part = `part_${++made}`;
        upload.parts.set(part, data.content);
        sendJson(response, { id: part, object: "upload.part", upload_id: id, created_at: CREATED });
      },
    },
    {
      method: "POST",
      path: "/v1/uploads/:id/cancel",
      handle({ response, params: { id = "" } }) {
        const { filename, bytes } = found(uploads, id, "upload");
        uploads.delete(id);
        sendJson(response, { id, object: "upload", bytes, filename, purpose: "fine-tune", status: "cancelled" });
      },
    },
    {
      method: "POST",
      path: "/v1/uploads/:id/complete",
      async handle({ request, response, params: { id = "" } }) {
        const upload = found(uploads, id, "upload");
        const { part_ids } = await readJson(request);
        const ids = Array.isArray(part_ids) ? part_ids.map(String) : [];
        const content = Buffer.concat(ids.map((part) => found(upload.parts, part, "part")));
        if (content.length !== upload.bytes)
          throw new ApiError(400, `The parts have ${content.length} bytes, the upload was to have ${upload.bytes}.`);
        uploads.delete(id);
        const file = fileBody(store(upload.filename, content));
        sendJson(response, { id, object: "upload", status: "completed", bytes: upload.bytes, file });
      },
    },
  ];
}

export function found<T>(map: Map<string, T>, id: string, what: string): T {
  const value = map.get(id);
  if (value === undefined) throw new ApiError(404, `No such ${what}: ${id}`, { param: "id" });
  return value;
}

function fileBody({ id, filename, bytes }: StoredFile) {
  return { id, object: "file", bytes, created_at: CREATED, filename, purpose: "fine-tune", status: "processed" };
}

interface Form {
  fields: Record<string, string>;
  files: Record<string, { filename: string; content: Buffer }>;
}

async function readForm(request: Exchange["request"], most: number): Promise<Form> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // The frame of the form is not the file's.
    if (bytes > most + 4096) throw new ApiError(413, `The file is larger than ${most} bytes.`);
    chunks.push(chunk);
  }
  const headers = { "content-type": request.headers["content-type"] ?? "" };
  let parsed: Awaited<ReturnType<Response["formData"]>>;
  try {
    parsed = await new Response(Buffer.concat(chunks), { headers }).formData();
  } catch {
    throw new ApiError(400, "The body is not multipart/form-data.");
  }
  const form: Form = { fields: {}, files: {} };
  for (const [name, value] of parsed) {
    if (typeof value === "string") form.fields[name] = value;
    else form.files[name] = { filename: value.name, content: Buffer.from(await value.arrayBuffer()) };
  }
  return form;
}

const ROLES = new Set(["system", "user", "assistant", "tool"]);
const LEAST_EXAMPLES = 10;

/** OpenAI's checks on a training file. @returns null when it passes, otherwise the first fault in its words */
export function faultOf({ content }: StoredFile, method: string): string | null {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return "The file is not valid UTF-8.";
  }
  if (text.startsWith("\uFEFF")) return "The file begins with a byte order mark.";
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  for (const [i, line] of lines.entries()) {
    const fault = faultOfLine(line, method);
    if (fault !== null) return `Invalid file format. Line ${i + 1}: ${fault}`;
  }
  if (lines.length < LEAST_EXAMPLES)
    return `Training file has ${lines.length} example(s), but must have at least ${LEAST_EXAMPLES} examples`;
  return null;
}

function faultOfLine(line: string, method: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is not JSON";
  }
  if (!isRecord(value)) return "is not an object";
  if (method === "supervised") {
    return (
      faultOfMessages(value.messages, "messages") ?? unknownKeys(value, ["messages", "tools", "parallel_tool_calls"])
    );
  }
  const input = isRecord(value.input) ? value.input : {};
  return (
    faultOfMessages(input.messages, "input.messages", false) ??
    faultOfMessages(value.preferred_output, "preferred_output") ??
    faultOfMessages(value.non_preferred_output, "non_preferred_output") ??
    unknownKeys(value, ["input", "preferred_output", "non_preferred_output"])
  );
}

function unknownKeys(value: Record<string, unknown>, known: string[]): string | null {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  return unknown === undefined ? null : `has an unknown key "${unknown}"`;
}

function faultOfMessages(list: unknown, name: string, needsAssistant = true): string | null {
  if (!Array.isArray(list) || list.length === 0) return `${name} is missing or empty`;
  for (const message of list as unknown[]) {
    if (!isRecord(message) || !ROLES.has(String(message.role))) return `${name} has a message with an unknown role`;
    if (typeof message.content !== "string" || message.content === "") return `${name} has a message without content`;
    const extra = unknownKeys(message, ["role", "content", "name", "weight", "tool_calls", "tool_call_id"]);
    if (extra !== null) return `${name}: a message ${extra}`;
  }
  const last = (list as Record<string, unknown>[]).at(-1);
  return needsAssistant && last?.role !== "assistant" ? `${name} does not end with an assistant message` : null;
}
